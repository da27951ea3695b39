import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isAlive } from '../../sandbox/support/host-state.ts'
import { createHome, runCli } from '../../support/run-cli.ts'
import { execute, leftovers, listDaemons, NOTHING, onlyDaemon, stopDaemons, traces, until } from './support.ts'
import { usePlainPython } from '../../support/python.ts'

usePlainPython()

const project = join(import.meta.dirname, '..', '..', '..')
let home: string

beforeEach(() => {
  home = createHome()
})
afterEach(() => stopDaemons(home))

describe('the life of a daemon', () => {
  test('the first call starts it, later ones find it, `status` counts them, `stop` leaves nothing', async () => {
    expect(await runCli(home, ['daemon', 'status'])).toMatchObject({ exitCode: 1, stdout: 'no daemon runs\n' })
    const first = await execute(home, 'print(1)')
    expect(first, first.stderr).toMatchObject({ exitCode: 0, stdout: '1\n', stderr: '' })
    const { pid } = await onlyDaemon(home)
    expect((await execute(home, 'print(2)')).stdout).toBe('2\n')
    expect(await onlyDaemon(home)).toMatchObject({ pid, status: { executions: 2, underWay: 0 } })
    const before = traces(home, pid)
    expect(before.processes.length).toBeGreaterThan(2)
    const stopped = await runCli(home, ['daemon', 'stop'])
    expect(stopped).toMatchObject({ exitCode: 0, stdout: `stopped ${pid}\n` })
    expect(await leftovers(home, before, 0)).toEqual(NOTHING)
  })

  test('`start` starts one and says so; a second `start` finds it', async () => {
    const started = await runCli(home, ['daemon', 'start', '--json'])
    const [daemon] = JSON.parse(started.stdout).daemons
    expect(daemon.pid).toBeTypeOf('number')
    expect(JSON.parse((await runCli(home, ['daemon', 'start', '--json'])).stdout).daemons[0].pid).toBe(daemon.pid)
  })

  test('one that cannot put itself in charge ends at once, and the call says why it does without', async () => {
    await runCli(home, ['daemon', 'start'])
    const folder = join(home, 'state', 'daemon')
    const record = readdirSync(folder).find((name) => name.endsWith('.json')) ?? ''
    await stopDaemons(home)
    // Nothing can be renamed onto a folder.
    mkdirSync(join(folder, record))
    const served = await runCli(home, ['daemon', 'serve'])
    expect(served.exitCode, served.stderr).not.toBe(0)
    const outcome = await execute(home, 'print(1)', [], { environment: { HANDAXE_DAEMON: 'auto' } })
    expect(outcome).toMatchObject({ exitCode: 0, stdout: '1\n', stderr: expect.stringContaining('without the daemon') })
    expect(readdirSync(folder)).toEqual([record])
  })

  test('without a call for the idle time it ends and leaves nothing', async () => {
    await execute(home, 'print(1)', [], { environment: { HANDAXE_DAEMON_IDLE_MS: '8000' } })
    const { pid } = await onlyDaemon(home)
    const before = traces(home, pid)
    const waitedMs = await until(() => !isAlive(pid), 30_000)
    expect(waitedMs).toBeGreaterThan(4000)
    expect(await leftovers(home, before)).toEqual(NOTHING)
  })

  test('several first calls at once get their results from one daemon', async () => {
    const outcomes = await Promise.all([1, 2, 3, 4, 5, 6].map((number) => execute(home, `print(${number} * 7)`)))
    expect(outcomes.map(({ stdout, stderr }) => stdout + stderr)).toEqual([
      '7\n',
      '14\n',
      '21\n',
      '28\n',
      '35\n',
      '42\n',
    ])
    await until(async () => (await listDaemons(home)).length === 1)
    expect((await onlyDaemon(home)).status?.underWay).toBe(0)
  })

  test('one that was killed is replaced, and what it left is cleared away', async () => {
    await execute(home, 'print(1)')
    const { pid } = await onlyDaemon(home)
    const before = traces(home, pid)
    process.kill(pid, 'SIGKILL')
    await until(() => before.processes.every((one) => !isAlive(one)))
    expect(readdirSync(join(home, 'state', 'daemon'))).toHaveLength(2)
    const next = await execute(home, 'print(2)')
    expect(next, next.stderr).toMatchObject({ exitCode: 0, stdout: '2\n' })
    const now = await onlyDaemon(home)
    expect(now.pid).not.toBe(pid)
    const last = traces(home, now.pid)
    expect(last.cgroups.filter((path) => before.cgroups.includes(path))).toEqual([])
    await stopDaemons(home)
    expect(await leftovers(home, { ...last, cgroups: [...before.cgroups, ...last.cgroups] })).toEqual(NOTHING)
  })

  test('one whose folder is removed ends', async () => {
    await execute(home, 'print(1)')
    const { pid } = await onlyDaemon(home)
    rmSync(join(home, 'state'), { recursive: true, force: true })
    await until(() => !isAlive(pid))
  })

  test('that of another version is not talked to, but replaced', async () => {
    const install = mkdtempSync(join(tmpdir(), 'handaxe-install-'))
    cpSync(join(project, 'src'), join(install, 'src'), { recursive: true })
    symlinkSync(join(project, 'node_modules'), join(install, 'node_modules'))
    const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
    const setVersion = (version: string) =>
      writeFileSync(join(install, 'package.json'), JSON.stringify({ ...manifest, version }))
    const program = join(install, 'src', 'cli', 'main.ts')

    setVersion('7.0.0')
    expect((await execute(home, 'print(1)', [], { program })).stdout).toBe('1\n')
    const older = await onlyDaemon(home)
    expect(older.version).toBe('7.0.0')
    setVersion('7.0.1')
    expect((await execute(home, 'print(2)', [], { program })).stdout).toBe('2\n')
    await until(() => !isAlive(older.pid))
    const newer = await onlyDaemon(home)
    expect(newer).toMatchObject({ version: '7.0.1', status: { executions: 1 } })
    await stopDaemons(home)
  })

  test('a file that a script holds open is not held by the daemon', async () => {
    const main = join(project, 'src', 'cli', 'main.ts')
    const child = spawn(process.execPath, [main, 'exec', '--daemon', 'always', '-'], {
      env: { PATH: process.env['PATH'], HOME: home, HANDAXE_HOME: home, HANDAXE_PYTHON: process.env['HANDAXE_PYTHON'] },
      stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
    })
    child.stdin?.end('print(1)')
    const held = child.stdio[3] as Readable
    const closed = new Promise((resolve) => held.once('end', resolve).resume())
    await new Promise((resolve) => child.once('exit', resolve))
    expect((await listDaemons(home)).length).toBe(1)
    // It ends only when nobody has the other end any more.
    await Promise.race([closed, new Promise((_, reject) => setTimeout(() => reject(new Error('still held')), 5000))])
  })
})
