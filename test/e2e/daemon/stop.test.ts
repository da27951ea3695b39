import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { resolveDaemonSettings } from '../../../src/sandbox/daemon/daemon-settings.ts'
import { openDaemonSandbox } from '../../../src/sandbox/daemon/open-daemon-sandbox.ts'
import { cgroupsOf, isAlive } from '../../sandbox/support/host-state.ts'
import { cliEnvironment, createHome, main, runCli } from '../../support/run-cli.ts'
import { findPython } from '../../support/python.ts'
import { execute, leftovers, NOTHING, onlyDaemon, stopDaemons, traces, until } from './support.ts'

let home: string

beforeEach(() => {
  home = createHome()
})
afterEach(() => stopDaemons(home))

test('one that waits for an execution is still found, and `stop --force` ends both', async () => {
  const running = execute(home, "import time\nprint('up', flush=True)\ntime.sleep(25)")
  await until(async () => (await runCli(home, ['daemon', 'status'])).stdout.includes('1 under way'))
  const { pid } = await onlyDaemon(home)
  const before = traces(home, pid)
  const patient = runCli(home, ['daemon', 'stop'])
  await until(() => readdirSync(join(home, 'state', 'daemon')).some((name) => name.endsWith('.ending')))
  const status = await runCli(home, ['daemon', 'status'])
  expect(status).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(`^${pid} .*1 under way.*is ending\n$`) })
  const forced = await runCli(home, ['daemon', 'stop', '--force'])
  expect(forced, forced.stderr).toMatchObject({ exitCode: 0, stdout: `stopped ${pid}\n` })
  expect(forced.wallMs).toBeLessThan(20_000)
  expect(isAlive(pid)).toBe(false)
  expect(await patient).toMatchObject({ exitCode: 0, stdout: `stopped ${pid}\n` })
  expect((await running).exitCode).not.toBe(0)
  expect(await leftovers(home, before, 0)).toEqual(NOTHING)
  expect((await runCli(home, ['daemon', 'stop', '--force'])).stdout).toBe('no daemon runs\n')
})

test('while one is ending the next call has a daemon of its own, and both are stopped', async () => {
  const running = execute(home, "import time\nprint('up', flush=True)\ntime.sleep(25)")
  await until(async () => (await runCli(home, ['daemon', 'status'])).stdout.includes('1 under way'))
  const { pid } = await onlyDaemon(home)
  const patient = runCli(home, ['daemon', 'stop'])
  await until(() => readdirSync(join(home, 'state', 'daemon')).some((name) => name.endsWith('.ending')))
  expect((await execute(home, 'print(6 * 7)')).stdout).toBe('42\n')
  const { stdout } = await runCli(home, ['daemon', 'stop', '--force', '--json'])
  const { stopped } = JSON.parse(stdout) as { stopped: number[] }
  expect(stopped).toHaveLength(2)
  expect(stopped).toContain(pid)
  expect(stopped.filter(isAlive)).toEqual([])
  await Promise.all([patient, running])
})

test('one that does not react any more is killed by `stop --force`, and nothing of it is left', async () => {
  await execute(home, 'print(1)')
  const { pid } = await onlyDaemon(home)
  const before = traces(home, pid)
  process.kill(pid, 'SIGSTOP')
  const forced = await runCli(home, ['daemon', 'stop', '--force'])
  expect(forced, forced.stderr).toMatchObject({ exitCode: 0, stdout: `stopped ${pid}\n` })
  expect(forced.wallMs).toBeLessThan(25_000)
  expect(await leftovers(home, before)).toEqual(NOTHING)
})

test('64 programs that write garbage to their control connection do not use it up; SIGTERM ends it at once', async () => {
  const options = { pythonPath: findPython() ?? null, stateFolder: join(home, 'state'), environment: process.env }
  const settings = resolveDaemonSettings(options, { path: main, version: '0.0.0-test' })
  const sandbox = await openDaemonSandbox({ settings, start: true, idleMs: 60_000 })
  const run = (code: string) => sandbox.execute({ language: 'python', code })
  const outcomes = await Promise.all(Array.from({ length: 64 }, () => run("import os\nos.write(3, b'\\xff' * 64)")))
  expect(new Set(outcomes.map(({ error }) => error?.type))).toEqual(new Set(['InvalidResult']))
  expect(await run('result(42)')).toMatchObject({ status: 'ok', value: 42 })
  const { pid, status } = await onlyDaemon(home)
  expect(status).toMatchObject({ executions: 65, underWay: 0 })
  const before = traces(home, pid)
  process.kill(pid, 'SIGTERM')
  expect(await until(() => !isAlive(pid))).toBeLessThan(15_000)
  await sandbox.close()
  expect(await leftovers(home, before)).toEqual(NOTHING)
})

const isFirst = readlinkSync('/proc/self/ns/pid') === 'pid:[4026531836]'

test.skipIf(!isFirst || process.getuid?.() !== 0)(
  'what one leaves that was killed in another pid namespace is cleared away (skipped without root, and in containers)',
  async () => {
    const args = ['--pid', '--fork', '--mount-proc', '--kill-child', process.execPath, main, 'daemon', 'serve']
    const child = spawn('unshare', args, { env: cliEnvironment(home), stdio: 'ignore' })
    const state = join(home, 'state')
    const folders = () => (existsSync(state) ? readdirSync(state).filter((name) => name.startsWith('sandbox-')) : [])
    await until(() => cgroupsOf(folders()).length > 0)
    await until(async () => (await onlyDaemon(home)).status !== null)
    const left = { folders: folders(), cgroups: cgroupsOf(folders()) }
    expect([left.folders.length, left.cgroups.length > 0]).toEqual([1, true])
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
    const next = await execute(home, 'print(2)')
    expect(next, next.stderr).toMatchObject({ exitCode: 0, stdout: '2\n' })
    expect(left.cgroups.filter((path) => existsSync(path))).toEqual([])
    expect(folders().filter((name) => left.folders.includes(name))).toEqual([])
  },
)
