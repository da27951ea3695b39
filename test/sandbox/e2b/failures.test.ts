import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { HandaxeError } from '../../../src/contracts/errors.ts'
import { probeE2b } from '../../../src/sandbox/backends/e2b/probe-e2b.ts'
import { FakeCloud } from './support/fake-cloud.ts'
import { canMakeMachines, openTestE2b, WITHOUT_MACHINES, type TestE2b } from './support/open-test-e2b.ts'

const FEW = { idlePython: 1, idleJavascript: 0 }
const CREATE = 'POST /v2/sandboxes'

let cloud: FakeCloud

beforeEach(async () => {
  cloud = await FakeCloud.open()
})
afterEach(() => cloud.close())

/** The error that opening ends with. */
async function refusal(more: Parameters<typeof openTestE2b>[0] = {}): Promise<HandaxeError> {
  try {
    const opened = await openTestE2b({ ...FEW, ...more }, cloud)
    await opened.close()
  } catch (error) {
    if (HandaxeError.isInstance(error)) return error
    throw error
  }
  throw new Error('It was opened')
}

describe('without a cloud sandbox', () => {
  test('a missing key is named, with where to get one, and nothing is asked of the cloud', async () => {
    for (const environment of [{}, { E2B_API_KEY: '' }]) {
      const error = await refusal({ environment: { ...environment, E2B_API_URL: cloud.url } })
      expect(error).toMatchObject({ code: 'sandbox_unavailable', exitCode: 4 })
      expect(`${error.message} ${error.hint}`).toMatch(/E2B_API_KEY/)
    }
    expect(cloud.seen).toEqual([])
    const probe = await probeE2b({ environment: {} })
    expect(probe).toMatchObject({ usable: false, sandboxes: null, checks: [{ name: 'key', ok: false }] })
    expect(probe.checks[0]?.remedy).toContain('https://e2b.dev/dashboard')
  })

  test('a key that E2B refuses is told as such, and not repeated', async () => {
    const key = 'e2b_ffffffffffffffffffffffffffffffffffffffff'
    const environment = { ...cloud.environment, E2B_API_KEY: key }
    const error = await refusal({ environment })
    expect(error).toMatchObject({ code: 'sandbox_unavailable', hint: expect.stringContaining('E2B_API_KEY') })
    expect(error.message).toMatch(/refuses the key.*Invalid API key/)
    expect(`${error.message} ${error.hint} ${JSON.stringify(error.details)}`).not.toContain(key)
    expect(cloud.seen).toHaveLength(1)
    expect(await probeE2b({ environment })).toMatchObject({
      usable: false,
      checks: [
        { name: 'key', ok: true },
        { name: 'package', ok: true },
        { name: 'cloud', ok: false },
      ],
    })
  })

  test('a cloud that cannot be reached is named with what leads there', async () => {
    const gone = await FakeCloud.open()
    await gone.close()
    const environment = { ...cloud.environment, E2B_API_URL: gone.url }
    const error = await refusal({ environment })
    expect(error).toMatchObject({ code: 'sandbox_unavailable', hint: expect.stringContaining('E2B_API_URL') })
    expect(error.message).toContain('ECONNREFUSED')
  })

  test('too many requests without a time to wait are told at once', async () => {
    cloud.limit = 0
    const startedAt = performance.now()
    const error = await refusal()
    expect(error).toMatchObject({ code: 'sandbox_unavailable', hint: expect.stringContaining('maxConcurrent') })
    expect(error.message).toContain('concurrent sandboxes')
    expect(cloud.requests(CREATE)).toHaveLength(1)
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  })

  test('too many requests with a time to wait that never ends are given up after a few', async () => {
    const body = { code: 429, message: 'slow down' }
    cloud.fail({ on: CREATE, status: 429, headers: { 'retry-after': '0' }, body, times: 100 })
    expect(await refusal()).toMatchObject({
      code: 'sandbox_unavailable',
      message: expect.stringContaining('slow down'),
    })
    expect(cloud.requests(CREATE)).toHaveLength(4)
  })

  test('a cloud that keeps failing is given up after a few requests', async () => {
    cloud.fail({ on: CREATE, status: 500, body: { code: 500, message: 'on fire' }, times: 100 })
    expect(await refusal()).toMatchObject({ code: 'sandbox_unavailable', message: expect.stringContaining('on fire') })
    expect(cloud.requests(CREATE)).toHaveLength(3)
  })

  test('a template that is not there is named, wherever it was chosen', async () => {
    const environment = { ...cloud.environment, HANDAXE_E2B_TEMPLATE: 'missing' }
    expect((await refusal({ environment })).message).toContain("template 'missing' not found")
    const error = await refusal({ e2b: { template: 'missing' } })
    expect(error).toMatchObject({ code: 'sandbox_unavailable', hint: expect.stringContaining('template') })
    expect(error.message).toContain("template 'missing' not found")
  })

  test('a time to live beyond what E2B has is refused', async () => {
    for (const timeToLiveMs of [0, 1000, Number.NaN, 10 ** 9]) {
      expect(await refusal({ e2b: { timeToLiveMs } })).toMatchObject({ code: 'invalid_configuration' })
    }
    expect(cloud.seen).toEqual([])
  })
})

describe.skipIf(!canMakeMachines)(`with a cloud sandbox (${WITHOUT_MACHINES})`, () => {
  const works = async ({ sandbox }: TestE2b) => {
    expect(await sandbox.execute({ language: 'python', code: 'result(6 * 7)' })).toMatchObject({ value: 42 })
  }

  test('too many requests are sent again after the time that the cloud names', async () => {
    cloud.fail({ on: CREATE, status: 429, headers: { 'retry-after': '1' }, body: { code: 429 }, times: 2 })
    const opened = await openTestE2b(FEW, cloud)
    await works(opened)
    const [first, second, third] = cloud.requests(CREATE).map(({ at }) => at)
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(950)
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThan(950)
    await opened.close()
  })

  test('a request that failed once is sent again', async () => {
    cloud.fail({ on: CREATE, status: 500, body: { code: 500, message: 'internal' } })
    cloud.fail({ on: 'GET /v2/sandboxes', status: 503, body: { code: 503, message: 'busy' } })
    const opened = await openTestE2b(FEW, cloud)
    await works(opened)
    expect(cloud.requests(CREATE)).toHaveLength(2)
    await opened.close()
    expect(cloud.alive).toEqual([])
  })

  test('a creation that is answered too late is given up, and what it made is ended', async () => {
    cloud.fail({ on: CREATE, answerAfterMs: 20_000 })
    const startedAt = performance.now()
    const error = await refusal({ e2b: { requestTimeoutMs: 3_000 } })
    expect(error).toMatchObject({ code: 'sandbox_unavailable', message: expect.stringContaining('in time') })
    expect(performance.now() - startedAt).toBeLessThan(15_000)
    expect(cloud.machines.size).toBe(1)
    expect(cloud.alive).toEqual([])
  })

  test('a template without Node executes Python, and says what JavaScript needs', async () => {
    cloud.nodePath = null
    const opened = await openTestE2b(FEW, cloud)
    await works(opened)
    await expect(opened.sandbox.execute({ language: 'javascript', code: 'result(1)' })).rejects.toMatchObject({
      code: 'sandbox_unavailable',
      message: expect.stringMatching(/has (no Node|Node \d\d)/),
      hint: expect.stringContaining('docker/Dockerfile'),
    })
    await opened.close()
  })

  test('the probe starts nothing, and counts what is alive', async () => {
    const opened = await openTestE2b(FEW, cloud)
    cloud.pageSize = 1
    expect(await probeE2b({ environment: cloud.environment })).toMatchObject({ usable: true, sandboxes: 1 })
    expect(cloud.requests(CREATE)).toHaveLength(1)
    await opened.close()
    expect(await probeE2b({ environment: cloud.environment })).toMatchObject({ usable: true, sandboxes: 0 })
  })
})
