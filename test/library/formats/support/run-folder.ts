import type { ExecutionResult, InputFile, Sandbox } from '../../../../src/contracts/sandbox.ts'
import { readFiles } from './temporary-folder.ts'

export interface CommandOutput {
  exitCode: number
  stdout: string
  stderr: string
}

export interface FolderRun {
  language: 'python' | 'javascript'
  /** The interpreter itself is called `$0`. */
  commands: { command: string[]; input?: string }[]
  inputs?: InputFile[]
}

/** Room for an installation: pip and a virtual environment. */
const LIMITS = { wallMs: 90_000, cpuMs: 90_000, memoryBytes: 1024 * 1024 * 1024 }

/** Puts a copy of the folder into the sandbox and runs commands in it, one after the other until one fails. */
export async function runInFolder(
  sandbox: Sandbox,
  folder: string,
  { language, commands, inputs = [] }: FolderRun,
): Promise<CommandOutput[]> {
  const result = await sandbox.execute({
    language,
    code: language === 'python' ? PYTHON_DRIVER : JAVASCRIPT_DRIVER,
    inputs: [...inputs, { name: 'work.json', content: JSON.stringify({ files: await readFiles(folder), commands }) }],
    limits: LIMITS,
  })
  if (result.status !== 'ok') throw new Error(describe(result))
  return result.value as unknown as CommandOutput[]
}

function describe({ status, error, stderr }: ExecutionResult): string {
  return `The sandbox ended with ${status}: ${error?.message ?? ''} ${stderr.head}`
}

const PYTHON_DRIVER = `
import json, pathlib, subprocess, sys
work = json.loads(pathlib.Path("/box/input/work.json").read_text("utf-8"))
root = pathlib.Path("/tmp/folder")
for path, content in work["files"].items():
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(content, "utf-8")
outputs = []
for step in work["commands"]:
    command = [sys.executable if part == "$0" else part for part in step["command"]]
    done = subprocess.run(command, cwd=root, input=step.get("input", ""), capture_output=True, text=True)
    outputs.append({"exitCode": done.returncode, "stdout": done.stdout, "stderr": done.stderr})
    if done.returncode:
        break
result(outputs)
`

const JAVASCRIPT_DRIVER = `
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
const { files, commands } = JSON.parse(readFileSync('/box/input/work.json', 'utf8'))
for (const [path, content] of Object.entries(files)) {
  mkdirSync(dirname('/tmp/folder/' + path), { recursive: true })
  writeFileSync('/tmp/folder/' + path, content)
}
const outputs = []
for (const { command, input = '' } of commands) {
  const [program, ...rest] = command.map((part) => (part === '$0' ? process.execPath : part))
  const { status, stdout, stderr } = spawnSync(program, rest, { cwd: '/tmp/folder', input, encoding: 'utf8' })
  outputs.push({ exitCode: status, stdout, stderr })
  if (status !== 0) break
}
result(outputs)
`
