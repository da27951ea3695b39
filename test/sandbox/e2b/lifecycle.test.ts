import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeCloud } from './support/fake-cloud.ts'
import { canMakeMachines, openTestE2b, WITHOUT_MACHINES } from './support/open-test-e2b.ts'
import { usePlainPython } from '../../support/python.ts'

usePlainPython()

const FEW = { idlePython: 1, idleJavascript: 0 }
const CREATE = 'POST /v2/sandboxes'
const FOREVER = "import time\nprint('running', flush=True)\nwhile True: time.sleep(0.1)"

let cloud: FakeCloud

beforeEach(async () => {
  cloud = await FakeCloud.open()
})
afterEach(() => cloud.close())

/** The processes of slots that envd still runs, in all machines that live. */
async function relays(): Promise<number> {
  const lists = await Promise.all(cloud.alive.map((machine) => cloud.processes(machine)))
  return lists.flat().filter((command) => command.includes('attach.py')).length
}

async function settles(check: () => Promise<boolean>, withinMs: number): Promise<boolean> {
  for (const startedAt = performance.now(); performance.now() - startedAt < withinMs; await delay(50)) {
    if (await check()) return true
  }
  return false
}

describe.skipIf(!canMakeMachines)(`the life of cloud sandboxes (${WITHOUT_MACHINES})`, () => {
  test('what is created has no way out, ends by itself, and does not name this machine', async () => {
    const opened = await openTestE2b({ ...FEW, e2b: { template: 'mine', timeToLiveMs: 60_000 } }, cloud)
    const [creation] = cloud.requests(CREATE)
    expect(creation?.body).toMatchObject({
      templateID: 'mine',
      allow_internet_access: false,
      autoPause: false,
      timeout: 60,
      metadata: { 'made-by': 'handaxe' },
    })
    expect(JSON.stringify(creation?.body)).not.toContain(hostname())
    expect(opened.sandbox.guarantees).toMatchObject({ isolation: 'microvm', network: 'none', freshPerExecution: true })
    await opened.close()
  })

  test('executions share one, and its life is extended only where it would not last', async () => {
    const opened = await openTestE2b(FEW, cloud)
    for (let count = 0; count < 3; count++) await opened.sandbox.execute({ language: 'python', code: 'x = 1' })
    expect(cloud.machines.size).toBe(1)
    expect(cloud.requests(`POST /sandboxes/`)).toEqual([])
    await opened.sandbox.execute({ language: 'python', code: 'x = 1', limits: { wallMs: 20 * 60_000 } })
    const [extension] = cloud.requests('POST /sandboxes/')
    expect((extension?.body as { timeout: number } | undefined)?.timeout).toBeGreaterThanOrEqual(20 * 60)
    await opened.close()
  })

  test('one for each execution ends with it', async () => {
    const opened = await openTestE2b({ ...FEW, e2b: { sandboxPer: 'execution' } }, cloud)
    expect(opened.sandbox.guarantees).toMatchObject({ memory: 'microvm', processes: 'microvm', cpu: 'microvm' })
    const code = "import os\nresult(os.path.exists('/tmp/x'))\nopen('/tmp/x', 'w').close()"
    for (let count = 0; count < 2; count++) {
      expect(await opened.sandbox.execute({ language: 'python', code })).toMatchObject({ value: false })
    }
    expect(cloud.machines.size).toBeGreaterThanOrEqual(2)
    expect(await settles(async () => cloud.alive.length <= 1, 20_000)).toBe(true)
    await opened.close()
    expect(cloud.alive).toEqual([])
  })

  test('a sandbox that is killed in the middle breaks the execution, and the next one finds another', async () => {
    const opened = await openTestE2b(FEW, cloud)
    const [machine] = cloud.alive
    const startedAt = performance.now()
    const killed = opened.sandbox.execute({ language: 'python', code: FOREVER, onOutput: () => void machine?.kill() })
    await expect(killed).rejects.toMatchObject({ code: 'sandbox_broken', hint: expect.stringContaining('again') })
    expect(performance.now() - startedAt).toBeLessThan(20_000)
    expect(await opened.sandbox.execute({ language: 'python', code: 'result(1)' })).toMatchObject({ value: 1 })
    expect(cloud.machines.size).toBe(2)
    await opened.close()
  })

  test('a connection that is cut in the middle breaks the execution, and the program does not go on', async () => {
    const opened = await openTestE2b(FEW, cloud)
    const [machine] = cloud.alive
    if (machine === undefined) throw new Error('no machine')
    const cut = opened.sandbox.execute({ language: 'python', code: FOREVER, onOutput: () => cloud.cut(machine) })
    await expect(cut).rejects.toMatchObject({ code: 'sandbox_broken' })
    expect(await opened.sandbox.execute({ language: 'python', code: 'result(1)' })).toMatchObject({ value: 1 })
    expect(await settles(async () => (await relays()) <= 1, 20_000)).toBe(true)
    await opened.close()
    expect(cloud.alive).toEqual([])
  })

  test('one that has expired between two executions is replaced, and nothing is executed twice', async () => {
    const opened = await openTestE2b(FEW, cloud)
    const code = "print('once')\nresult(1)"
    await opened.sandbox.execute({ language: 'python', code })
    const [first] = cloud.alive
    first?.live(1)
    await delay(500)
    // Where a slot was just being made for the pool, the next machine is there already.
    expect(first?.isAlive).toBe(false)
    const result = await opened.sandbox.execute({ language: 'python', code })
    expect(result).toMatchObject({ status: 'ok', value: 1, stdout: { head: 'once\n' } })
    expect(cloud.machines.size).toBe(2)
    await opened.close()
  })

  test('one that has been silent is asked first, and one that answers nothing is not trusted with an execution', async () => {
    const opened = await openTestE2b(FEW, cloud)
    const [machine] = cloud.alive
    if (machine === undefined) throw new Error('no machine')
    const execution = { language: 'python' as const, code: 'result(1)' }
    await delay(11_000)
    expect(await opened.sandbox.execute(execution)).toMatchObject({ value: 1 })
    expect(cloud.machines.size).toBe(1)
    await delay(11_000)
    cloud.freeze(machine)
    const startedAt = performance.now()
    expect(await opened.sandbox.execute(execution)).toMatchObject({ status: 'ok', value: 1 })
    expect(cloud.machines.size).toBe(2)
    expect(performance.now() - startedAt).toBeLessThan(40_000)
    await opened.close()
    expect(cloud.alive).toEqual([])
  }, 120_000)

  test('one whose life cannot be extended is replaced', async () => {
    const opened = await openTestE2b(FEW, cloud)
    cloud.fail({
      on: 'POST /sandboxes/',
      status: 400,
      body: { code: 400, message: 'Timeout cannot be greater than 1 hours' },
    })
    const long = { language: 'python' as const, code: 'result(1)', limits: { wallMs: 10 * 60_000 } }
    // The new one has to be extended as well, which is answered.
    await expect(opened.sandbox.execute(long)).rejects.toMatchObject({ code: 'sandbox_unavailable' })
    expect(await opened.sandbox.execute(long)).toMatchObject({ value: 1 })
    expect(cloud.machines.size).toBe(2)
    await opened.close()
  })

  test('what a host has left that was killed is ended at the next start, and no other', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'handaxe-e2b-host-'))
    const script = join(import.meta.dirname, 'support', 'host-process.ts')
    const host = spawn(process.execPath, [script, folder, JSON.stringify(cloud.environment)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      await once(host.stdout, 'data')
      const [left] = cloud.alive
      const neighbour = await openTestE2b(FEW, cloud)
      expect(left?.isAlive).toBe(true)
      host.kill('SIGKILL')
      await once(host, 'close')
      const opened = await openTestE2b(FEW, cloud)
      expect(left?.isAlive).toBe(false)
      expect(cloud.alive).toHaveLength(2)
      await opened.close()
      await neighbour.close()
    } finally {
      host.kill('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    }
  })

  test('close ends what is under way as killed, and every cloud sandbox, in a short time', async () => {
    const opened = await openTestE2b({ ...FEW, e2b: { sandboxPer: 'execution' } }, cloud)
    let running = 0
    const onOutput = () => void running++
    const executions = [1, 2].map(() => opened.sandbox.execute({ language: 'python', code: FOREVER, onOutput }))
    expect(await settles(async () => running === 2, 60_000)).toBe(true)
    const startedAt = performance.now()
    await opened.close()
    expect(performance.now() - startedAt).toBeLessThan(20_000)
    for (const result of await Promise.all(executions)) expect(result).toMatchObject({ status: 'killed' })
    expect(cloud.alive).toEqual([])
    await opened.sandbox.close()
    await expect(opened.sandbox.execute({ language: 'python', code: '' })).rejects.toMatchObject({
      code: expect.stringMatching(/sandbox_broken|cancelled/),
    })
  })

  test('close ends one whose end was not confirmed, by the list of the cloud', async () => {
    const opened = await openTestE2b(FEW, cloud)
    cloud.fail({ on: 'DELETE /sandboxes/', status: 400, body: { code: 400, message: 'not now' } })
    await opened.close()
    expect(cloud.alive).toEqual([])
  })

  test('whoever gives up while the cloud sandbox is being made leaves none behind', async () => {
    const opened = await openTestE2b({ ...FEW, e2b: { sandboxPer: 'execution' } }, cloud)
    cloud.fail({ on: CREATE, answerAfterMs: 1500, times: 10 })
    const controller = new AbortController()
    const { signal } = controller
    const executions = [1, 2, 3].map(() => opened.sandbox.execute({ language: 'python', code: FOREVER, signal }))
    setTimeout(() => controller.abort(), 500)
    const outcomes = await Promise.allSettled(executions)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'cancelled' })
      else expect(outcome.value).toMatchObject({ status: 'killed' })
    }
    await opened.close()
    expect(cloud.alive).toEqual([])
  })
})
