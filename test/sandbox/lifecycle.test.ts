import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { ExecutionResult, Sandbox } from '../../src/contracts/sandbox.ts'
import { openSandbox } from '../../src/sandbox/open-sandbox.ts'
import { findPlainPython } from '../support/python.ts'
import { REPLACED_ZYGOTE_EXECUTIONS } from '../support/sizes.ts'
import { cgroupsOf, zygotesBelow } from './support/host-state.ts'

let folder: string
let state: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'handaxe-lifecycle-'))
  state = join(folder, 'state')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

// Its packages are not of interest here, and each sandbox would load them anew.
const open = (more: object = {}) =>
  openSandbox({
    pythonPath: findPlainPython(),
    stateFolder: state,
    environment: process.env,
    idlePython: 2,
    idleJavascript: 0,
    ...more,
  })

/** One that has ended since it was found is what was wanted. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    expect(error).toMatchObject({ code: 'ESRCH' })
  }
}

/** An execution that goes on for a minute. Settles when its program runs: on a busy machine that is not at once. */
async function startLong(sandbox: Sandbox): Promise<{ running: Promise<ExecutionResult> }> {
  let running: Promise<ExecutionResult> | undefined
  await new Promise<void>((resolve, reject) => {
    const code = "import time\nprint('runs')\ntime.sleep(60)"
    running = sandbox.execute({ language: 'python', code, onOutput: () => resolve() })
    running.catch(reject)
  })
  return { running: running as Promise<ExecutionResult> }
}

/** Zygotes of this test, and bubblewrap above them; slots cannot be found like this, they show no path of the host. */
const zygotes = () => zygotesBelow(state)

test('closing leaves no process, no folder and no cgroup, and can be done twice', async () => {
  const sandbox = await open()
  expect((await sandbox.execute({ language: 'python', code: 'result(1)' })).value).toBe(1)
  const names = await readdir(state)
  expect(names).toHaveLength(1)
  expect(zygotes().length).toBeGreaterThan(0)
  await Promise.all([sandbox.close(), sandbox.close()])
  expect(await readdir(state)).toEqual([])
  expect(cgroupsOf(names)).toEqual([])
  expect(zygotes()).toEqual([])
})

test('closing ends what is under way as killed and refuses what has not begun', async () => {
  const sandbox = await open({ maxConcurrent: 1 })
  const { running } = await startLong(sandbox)
  const waiting = sandbox.execute({ language: 'python', code: 'result(1)' })
  waiting.catch(() => {})
  const startedAt = performance.now()
  await sandbox.close()
  expect(performance.now() - startedAt).toBeLessThan(30_000)
  expect(await running).toMatchObject({ status: 'killed', signal: 'SIGKILL' })
  await expect(waiting).rejects.toMatchObject({ code: 'sandbox_broken' })
  await expect(sandbox.execute({ language: 'python', code: '' })).rejects.toMatchObject({ code: 'sandbox_broken' })
})

test('no more than `maxConcurrent` run at a time; the others wait for their turn', async () => {
  const sandbox = await open({ maxConcurrent: 2 })
  const code = 'import time\na = time.time()\ntime.sleep(0.2)\nresult([a, time.time()])'
  const results = await Promise.all(Array.from({ length: 6 }, () => sandbox.execute({ language: 'python', code })))
  const spans = results.map(({ value }) => value as [number, number])
  for (const [start] of spans) {
    expect(spans.filter(([from, to]) => from <= start && start < to).length).toBeLessThanOrEqual(2)
  }
  await sandbox.close()
})

test('a zygote that has served enough is replaced, and ends nothing that is under way', async () => {
  const sandbox = await open({ executionsPerZygote: 10, maxConcurrent: 6 })
  const seen = new Set<number>()
  let next = 0
  const worker = async () => {
    while (next < REPLACED_ZYGOTE_EXECUTIONS) {
      const index = next++
      const result = await sandbox.execute({ language: 'python', code: `result(${index})` })
      expect(result, `execution ${index}`).toMatchObject({ status: 'ok', value: index })
      for (const pid of zygotes()) seen.add(pid)
    }
  }
  await Promise.all(Array.from({ length: 6 }, worker))
  expect(seen.size).toBeGreaterThan(REPLACED_ZYGOTE_EXECUTIONS / 15)
  // The last ones are closed in the background when nothing of theirs is left.
  await vi.waitFor(() => expect(zygotes().length).toBeLessThan(5), { timeout: 30_000, interval: 50 })
  await sandbox.close()
  expect(zygotesBelow(state)).toEqual([])
}, 120_000)

test('who gives up while waiting does not wait on', async () => {
  const sandbox = await open({ maxConcurrent: 1 })
  const long = sandbox.execute({ language: 'python', code: 'import time\ntime.sleep(7)\nresult(1)' })
  const startedAt = performance.now()
  const given = sandbox.execute({ language: 'python', code: 'result(2)', signal: AbortSignal.timeout(200) })
  await expect(given).rejects.toMatchObject({ code: 'cancelled' })
  expect(performance.now() - startedAt).toBeLessThan(6_000)
  expect((await long).value).toBe(1)
  expect((await sandbox.execute({ language: 'python', code: 'result(3)' })).value).toBe(3)
  await sandbox.close()
})

test('a zygote that dies breaks only what is under way: the next execution gets another one', async () => {
  const sandbox = await open()
  const { running } = await startLong(sandbox)
  for (const pid of zygotes()) kill(pid)
  await expect(running).rejects.toMatchObject({ code: 'sandbox_broken' })
  expect(await sandbox.execute({ language: 'python', code: 'result(4)' })).toMatchObject({ status: 'ok', value: 4 })
  await sandbox.close()
  expect(zygotes()).toEqual([])
})

test('a zygote that dies while slots are made leaves none that is waited for', async () => {
  const sandbox = await open({ maxConcurrent: 6 })
  for (let round = 0; round < 12; round++) {
    // Limits of their own: each has its slot made for it.
    const limits = { processes: 20 + round }
    const running = Array.from({ length: 6 }, () =>
      sandbox.execute({ language: 'python', code: 'result(1)', limits }).catch((error: { code: string }) => error.code),
    )
    await delay(round)
    for (const pid of zygotes()) kill(pid)
    for (const outcome of await Promise.all(running)) {
      expect(typeof outcome === 'string' ? outcome : outcome.value).toBeOneOf([
        1,
        'sandbox_broken',
        'sandbox_unavailable',
      ])
    }
  }
  expect((await sandbox.execute({ language: 'python', code: 'result(2)' })).value).toBe(2)
  await sandbox.close()
  expect(zygotes()).toEqual([])
}, 120_000)

test('a host that is killed leaves no process, and the next start clears its folders', async () => {
  const script = join(folder, 'host.ts')
  const source = join(import.meta.dirname, '..', '..', 'src', 'sandbox', 'open-sandbox.ts')
  await writeFile(
    script,
    `import { openSandbox } from ${JSON.stringify(source)}
const sandbox = await openSandbox(${JSON.stringify({ pythonPath: findPlainPython(), stateFolder: state })})
void sandbox.execute({ language: 'python', code: 'import os, time\\nos.fork()\\nos.setsid()\\ntime.sleep(600)' })
setTimeout(() => console.log('running'), 500)
`,
  )
  const host = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => host.stdout.once('data', resolve))
  const names = await readdir(state)
  expect(names).toHaveLength(1)
  expect(zygotes().length).toBeGreaterThan(0)
  host.kill('SIGKILL')
  await vi.waitFor(() => expect(zygotes()).toEqual([]), { timeout: 5_000, interval: 20 })
  expect(await readdir(state)).toEqual(names)

  const next = await open()
  expect(await readdir(state)).not.toContain(names[0])
  expect(cgroupsOf(names)).toEqual([])
  await next.close()
})

test('opening twice gives two sandboxes that do not know of each other', async () => {
  const [one, other] = await Promise.all([open(), open()])
  const code = "import os\nopen('/tmp/x', 'x').close()\nresult(os.listdir('/tmp'))"
  const results = await Promise.all([one, other].map((sandbox) => sandbox.execute({ language: 'python', code })))
  expect(results.map(({ value }) => value)).toEqual([['x'], ['x']])
  await one.close()
  expect((await other.execute({ language: 'python', code: 'result(1)' })).value).toBe(1)
  await other.close()
})

test('a state folder with a long path and spaces works', async () => {
  const stateFolder = join(folder, `a b ${'x'.repeat(150)}`)
  const sandbox = await open({ stateFolder })
  expect((await sandbox.execute({ language: 'python', code: 'result(1)' })).value).toBe(1)
  await sandbox.close()
})
