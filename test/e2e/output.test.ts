import type { ChildProcess } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { jsonReply, pythonReply } from '../support/model-replies.ts'
import { createHome, runCli, type CliOutcome } from '../support/run-cli.ts'
import { startScriptedServer, type ScriptedServer } from '../support/scripted-server.ts'

let home: string

beforeEach(() => {
  home = createHome()
})

describe('a stdout that takes nothing', () => {
  test('a program that prints for ever ends when nobody reads it any more', async () => {
    const input = 'import time\nwhile True:\n    print("tick", flush=True)\n    time.sleep(0.02)'
    const outcome = await runCli(home, ['exec', '--timeout-ms', '600000', '-'], { input, onStart: leaveEarly })
    expect(outcome).toMatchObject({ exitCode: 141, signal: null })
    expect(outcome.stderr).not.toMatch(/error|timeout/)
    // Ten minutes are its limit.
    expect(outcome.wallMs).toBeLessThan(300_000)
  })

  test.skipIf(!existsSync('/dev/full')).each([
    ['a result', ['runs', 'list', '--json']],
    ['what a program prints', ['exec', '-']],
  ])('%s on a full disk ends with a code and a hint (needs /dev/full)', async (_, args) => {
    const { exitCode, stderr } = await intoFullDisk(args)
    expect(exitCode, stderr).toBe(8)
    expect(stderr).toContain('error There is no space left for the output (disk_full)\n  → ')
    expect(stderr).not.toMatch(/^ {4}at /m)
  })
})

describe('--artifacts that cannot be written', () => {
  const plan = jsonReply({
    understanding: 'x',
    difficulty: 'easy',
    steps: [{ id: 's1', decision: 'script', goal: 'x', needs: [], language: 'python', uses: [] }],
    answer: 'It is {{s1}}.',
  })
  const code = 'open("/box/output/a.txt", "w").write("x")\nresult(6 * 7)'
  let server: ScriptedServer

  beforeEach(async () => {
    server = await startScriptedServer(() => `${plan}\n${pythonReply(code, 's1')}`)
    writeFileSync(join(home, 'file'), 'not a folder')
    // Where the artifact is to go, there is a folder.
    mkdirSync(join(home, 'taken', 'a.txt'), { recursive: true })
  })

  afterEach(() => server.close())

  const run = (folder: string, ...args: string[]) =>
    runCli(home, ['run', 'what?', '-m', 'openai/scripted', '--artifacts', folder, ...args], {
      environment: { OPENAI_API_KEY: 'test-key', OPENAI_BASE_URL: server.baseUrl },
    })

  test('is said before a model is asked or a program runs', async () => {
    const outcome = await run('file')
    expect(outcome).toMatchObject({ exitCode: 2, stdout: '' })
    expect(outcome.stderr).toMatch(/error The files of --artifacts cannot be written to .*file \(EEXIST\)/)
    expect(server.requests).toHaveLength(0)
    const executed = await runCli(home, ['exec', '--artifacts', 'file/below', '-'], { input: 'print("ran")' })
    expect(executed).toMatchObject({ exitCode: 2, stdout: '' })
  })

  test('a run keeps its answer, and the file where it was', async () => {
    const outcome = await run('taken')
    expect(outcome).toMatchObject({ exitCode: 2, stdout: 'It is 42.\n' })
    expect(outcome.stderr).toMatch(/error The files of --artifacts cannot be written to .*a\.txt \(/)
    expect(outcome.stderr).not.toContain('internal')
    const { artifacts, answer } = JSON.parse((await run('taken', '--json')).stdout)
    expect(answer).toBe('It is 42.')
    expect(existsSync(artifacts[0].path)).toBe(true)
  })

  test('a program says which file it is, without a stack', async () => {
    const outcome = await runCli(home, ['exec', '--artifacts', 'taken', '-'], { input: `print("ran")\n${code}` })
    expect(outcome).toMatchObject({ exitCode: 2, stdout: 'ran\n' })
    expect(outcome.stderr).toMatch(
      /error The files of --artifacts cannot be written to .*taken: a\.txt \(a file stands/,
    )
    expect(readdirSync(join(home, 'taken'))).toEqual(['a.txt'])
  })
})

describe('text that is not UTF-8', () => {
  test('a program with a byte order mark runs, one in Latin-1 is refused instead of misread', async () => {
    writeFileSync(join(home, 'mark.py'), '\uFEFFprint("Größe")')
    expect(await runCli(home, ['exec', 'mark.py'])).toMatchObject({ exitCode: 0, stdout: 'Größe\n' })
    writeFileSync(join(home, 'latin.py'), Buffer.from('print("Größe")', 'latin1'))
    const outcome = await runCli(home, ['exec', 'latin.py'])
    expect(outcome).toMatchObject({ exitCode: 2, stdout: '' })
    expect(outcome.stderr).toContain('error latin.py is not UTF-8 text (invalid_input_file)\n  → Save it as UTF-8')
  })
})

/** Leaves when it has read something, as `| head` does. */
function leaveEarly(child: ChildProcess): void {
  child.stdout?.once('data', () => child.stdout?.destroy())
}

async function intoFullDisk(args: string[]): Promise<CliOutcome> {
  const full = openSync('/dev/full', 'w')
  try {
    return await runCli(home, args, { input: 'print(1)', stdout: full })
  } finally {
    closeSync(full)
  }
}
