import { readFile } from 'node:fs/promises'
import { extname, join, resolve } from 'node:path'
import { HandaxeError } from '../../contracts/errors.ts'
import type { Execution, ExecutionLanguage, ExecutionResult, ExecutionStatus } from '../../contracts/sandbox.ts'
import type { CommandContext } from '../command.ts'
import { resolveInputFiles } from '../input-files.ts'
import { choiceOption, listOption, numberOption, switchOption, textOption } from '../option-values.ts'
import { readStandardInput } from '../read-standard-input.ts'
import { describeExecutionEnd } from '../render/execution-end.ts'

const LANGUAGES: readonly ExecutionLanguage[] = ['python', 'javascript', 'typescript']
const LANGUAGE_BY_ENDING: Record<string, ExecutionLanguage> = {
  '.py': 'python',
  '.js': 'javascript',
  '.mjs': 'javascript',
  '.cjs': 'javascript',
  '.ts': 'typescript',
  '.mts': 'typescript',
}

/** As shells and `timeout` use them: 124 for time, 137 for a kill, 125 for a limit of the runner. */
const EXIT_CODE: Record<Exclude<ExecutionStatus, 'error'>, number> = {
  ok: 0,
  timeout: 124,
  'out-of-memory': 137,
  killed: 137,
  'output-limit': 125,
  'no-result': 1,
}

export async function runCommand(context: CommandContext): Promise<number> {
  const { options, terminal, workingFolder } = context
  const json = switchOption(options, 'json')
  const source = context.positionals[0] ?? '-'
  const code = await readProgram(source, workingFolder)
  const language =
    choiceOption(options, 'language', LANGUAGES) ?? LANGUAGE_BY_ENDING[extname(source).toLowerCase()] ?? 'python'
  const inputs = resolveInputFiles(listOption(options, 'input'), workingFolder)
  const app = await context.openApp({ singleExecution: true })
  const sandbox = await app.sandbox()
  const artifacts = textOption(options, 'artifacts')
  const execution: Execution = {
    language,
    code,
    inputs,
    limits: { ...app.config.limits, ...limitOptions(context) },
    signal: context.signal,
    artifactsFolder:
      artifacts === undefined
        ? join(app.config.folders.state, 'exec', `${Date.now()}-${process.pid}`)
        : resolve(workingFolder, artifacts),
  }
  if (!json) execution.onOutput = passOn(context)
  const result = await sandbox.execute(execution)
  if (json) terminal.writeResult(`${JSON.stringify({ ...result, backend: result.guarantees.backend })}\n`)
  else terminal.writeProgress(describeExecutionEnd(result, terminal.err))
  return exitCodeOf(result, context.signal.aborted)
}

function passOn({ terminal }: CommandContext): (stream: 'stdout' | 'stderr', text: string) => void {
  return (stream, text) => (stream === 'stdout' ? terminal.writeResult(text) : terminal.writeProgress(text))
}

function exitCodeOf(result: ExecutionResult, interrupted: boolean): number {
  if (interrupted) return 130
  if (result.status === 'error') return result.exitCode !== null && result.exitCode !== 0 ? result.exitCode : 1
  return EXIT_CODE[result.status]
}

async function readProgram(source: string, workingFolder: string): Promise<string> {
  if (source === '-') return readStandardInput()
  try {
    return await readFile(resolve(workingFolder, source), 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const reason = code === 'ENOENT' ? 'does not exist' : code === 'EISDIR' ? 'is a folder' : `cannot be read (${code})`
    throw new HandaxeError('invalid_input_file', `The program ${source} ${reason}`, {
      cause: error,
      hint: 'Use - for standard input.',
    })
  }
}

function limitOptions({ options }: CommandContext): NonNullable<Execution['limits']> {
  const wallMs = numberOption(options, 'timeout-ms', { whole: true })
  const cpuMs = numberOption(options, 'cpu-ms', { whole: true })
  const memoryMebibytes = numberOption(options, 'memory-mb', { whole: true })
  return {
    ...(wallMs === undefined ? {} : { wallMs }),
    // A longer wall time is asked for to compute longer: the CPU limit follows unless it is set too.
    ...(cpuMs !== undefined ? { cpuMs } : wallMs === undefined ? {} : { cpuMs: wallMs }),
    ...(memoryMebibytes === undefined ? {} : { memoryBytes: memoryMebibytes * 1024 * 1024 }),
  }
}
