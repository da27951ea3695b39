import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isAlive } from '../../sandbox/support/host-state.ts'
import { createHome, runCli } from '../../support/run-cli.ts'
import { execute, listDaemons, onlyDaemon, stopDaemons, until, onWritten } from './support.ts'
import { usePlainPython } from '../../support/python.ts'

usePlainPython()

const WAIT = 'import time\nprint("started", flush=True)\ntime.sleep(25)'
let home: string

beforeAll(() => {
  home = createHome()
})
afterAll(() => stopDaemons(home))

describe('an execution through the daemon', () => {
  test.each([
    ['a value', 'result({"a": [1, None, "é"]})', [], 0],
    ['an exit code of its own', 'import sys; sys.exit(7)', [], 7],
    ['an exception', 'raise KeyError("lost")', [], 1],
    ['a timeout', 'while True: pass', ['--timeout-ms', '400'], 124],
    ['too much output', 'import os\nwhile True: os.write(1, b"x" * 65536)', [], 125],
  ])('ends as without it: %s', async (_, code, args, exitCode) => {
    const through = await execute(home, code, ['--json', ...args])
    const direct = await execute(home, code, ['--json', ...args], { environment: { HANDAXE_DAEMON: 'never' } })
    expect([through.exitCode, direct.exitCode], through.stderr).toEqual([exitCode, exitCode])
    const [one, other] = [through, direct].map(({ stdout }) => {
      const { usage, stdout: output, stderr, ...rest } = JSON.parse(stdout)
      return {
        ...rest,
        usage: Object.keys(usage),
        output: Object.keys(output),
        head: output.head.slice(0, 100),
        stderr,
      }
    })
    expect(one).toEqual(other)
  })

  test('inputs, also by a link and by a descriptor’s path, and artifacts are the same files', async () => {
    writeFileSync(join(home, 'real.txt'), 'seven', { mode: 0o600 })
    symlinkSync(join(home, 'real.txt'), join(home, 'link.txt'))
    mkdirSync(join(home, 'sub'))
    const code = 'text = open("/box/input/link.txt").read()\nopen("/box/output/copy.txt", "w").write(text * 2)'
    const outcome = await execute(home, code, ['--input', '../link.txt', '--artifacts', 'out'], {
      workingFolder: join(home, 'sub'),
    })
    expect(outcome.exitCode, outcome.stderr).toBe(0)
    expect(readFileSync(join(home, 'sub', 'out', 'copy.txt'), 'utf8')).toBe('sevenseven')
  })

  test('output comes as it appears', async () => {
    let firstAt = 0
    const outcome = await execute(home, 'import time\nprint("one", flush=True)\ntime.sleep(2)\nprint("two")', [], {
      onStart: (child) => child.stdout?.once('data', () => (firstAt = performance.now())),
    })
    expect(outcome.stdout).toBe('one\ntwo\n')
    expect(performance.now() - firstAt).toBeGreaterThan(1500)
  })

  test('limits of one call do not hold for the next', async () => {
    const small = await execute(home, 'x = bytearray(200 << 20)', [
      '--memory-mb',
      '64',
      '--timeout-ms',
      '9000',
      '--json',
    ])
    expect(small.exitCode).not.toBe(0)
    const next = await execute(home, 'x = bytearray(200 << 20)\nresult(len(x))', ['--json'])
    expect(JSON.parse(next.stdout)).toMatchObject({
      value: 200 << 20,
      limits: { memoryBytes: 512 << 20, wallMs: 30_000, cpuMs: 30_000 },
    })
  })

  test('Ctrl-C ends it within a second, here and there', async () => {
    let endedMs = 0
    const outcome = await execute(home, WAIT, [], {
      onStart: (child) => {
        onWritten(child, 'started', () => {
          const startedAt = performance.now()
          child.once('exit', () => (endedMs = performance.now() - startedAt))
          child.kill('SIGINT')
        })
      },
    })
    expect(outcome.exitCode, outcome.stderr).toBe(130)
    // One second on a machine that is not busy; the program would wait for minutes.
    expect(endedMs).toBeLessThan(8000)
    await until(async () => (await onlyDaemon(home)).status?.underWay === 0, 20_000)
  })

  test('a client that is killed ends its execution', async () => {
    const outcome = await execute(home, WAIT, [], {
      onStart: (child) => onWritten(child, 'started', () => child.kill('SIGKILL')),
    })
    expect(outcome.signal).toBe('SIGKILL')
    await until(async () => (await onlyDaemon(home)).status?.underWay === 0, 20_000)
  })

  test('a daemon that is killed breaks the execution, which is not done again', async () => {
    const { pid } = await onlyDaemon(home)
    const outcome = await execute(home, WAIT, [], {
      environment: { HANDAXE_DAEMON: 'auto' },
      onStart: (child) => onWritten(child, 'started', () => process.kill(pid, 'SIGKILL')),
    })
    expect(outcome).toMatchObject({ exitCode: 4, stdout: 'started\n' })
    expect(outcome.stderr).toContain('sandbox_broken')
    expect(outcome.stderr).toContain('ended in the middle of the execution')
    expect(outcome.wallMs).toBeLessThan(20_000)
    await until(() => !isAlive(pid))
  })

  test('a daemon that is stuck does not hold up Ctrl-C, and `stop --force` ends it', async () => {
    await execute(home, 'print(1)')
    const { pid } = await onlyDaemon(home)
    const outcome = await execute(home, WAIT, [], {
      onStart: (child) => {
        onWritten(child, 'started', () => {
          process.kill(pid, 'SIGSTOP')
          child.kill('SIGINT')
        })
      },
    })
    expect(outcome.exitCode, outcome.stderr).toBe(130)
    expect((await onlyDaemon(home)).status).toBeNull()
    expect((await runCli(home, ['daemon', 'stop', '--force'])).exitCode).toBe(0)
    expect(isAlive(pid)).toBe(false)
    expect(await listDaemons(home)).toEqual([])
  })
})

describe('without a daemon', () => {
  test('`never` and CI start none', async () => {
    const other = createHome()
    expect((await execute(other, 'print(1)', ['--daemon', 'never'])).stdout).toBe('1\n')
    expect((await execute(other, 'print(2)', [], { environment: { HANDAXE_DAEMON: '', CI: 'true' } })).stdout).toBe(
      '2\n',
    )
    expect(await listDaemons(other)).toEqual([])
  })

  test('a mode or an idle time that does not exist is refused', async () => {
    expect(await execute(home, '1', ['--daemon', 'perhaps'])).toMatchObject({ exitCode: 2 })
    expect(await execute(home, '1', [], { environment: { HANDAXE_DAEMON: 'perhaps' } })).toMatchObject({ exitCode: 2 })
    expect(await execute(home, '1', [], { environment: { HANDAXE_DAEMON_IDLE_MS: '-1' } })).toMatchObject({
      exitCode: 2,
    })
  })

  test('the sandbox’s own error comes through, with its exit code', async () => {
    const empty = join(home, 'bin')
    mkdirSync(empty)
    const outcome = await execute(createHome(), 'print("ran")', [], { environment: { PATH: empty } })
    expect(outcome).toMatchObject({ exitCode: 4, stdout: '' })
    expect(outcome.stderr).toContain('bubblewrap is not installed')
  })
})
