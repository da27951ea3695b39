import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ProgramError } from '../../../src/contracts/program-error.ts'
import type { Execution, HostFunction } from '../../../src/contracts/sandbox.ts'
import { openTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'

let opened: TestSandbox
beforeAll(async () => {
  opened = await openTestSandbox()
})
afterAll(() => opened.close())

const anything = { type: 'object' }
const define = (name: string, execute: HostFunction['execute'], inputSchema: object = anything): HostFunction => ({
  name,
  description: `The function ${name} of the test.`,
  inputSchema: inputSchema as HostFunction['inputSchema'],
  execute,
})
const echo = define('echo', async (input) => input)
const add = define(
  'add_up',
  async (input) => {
    const { a, b } = input as { a: number; b: number }
    return a + b
  },
  { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } }, required: ['a', 'b'] },
)
const fail = define('fail', () => Promise.reject(new ProgramError('no such row: 7', { code: 'not-found' })))

const run = (language: Execution['language'], code: string, host: HostFunction[], more: Partial<Execution> = {}) =>
  opened.sandbox.execute({ language, code, host, ...more })

describe('Python', () => {
  test('calls functions of the host by name and by import', async () => {
    const code = `
import host
from host import add_up
result([host.echo(text='é', none=None, nested={'a': [1, 2.5]}), add_up(a=1, b=2), host.echo(), add_up.__doc__, host.__all__])
`
    const result = await run('python', code, [echo, add])
    expect(result).toMatchObject({ status: 'ok' })
    expect(result.value).toEqual([
      { text: 'é', none: null, nested: { a: [1, 2.5] } },
      3,
      {},
      'The function add_up of the test.',
      ['echo', 'add_up', 'HostError', 'aio'],
    ])
  })

  test('sends and gets numbers beyond JSON, bytes, and what numpy and pandas make', async () => {
    const code = `
import math
import numpy as np
from host import echo
back = echo(n=2**70, x=float('nan'), b=b'\\x00\\xff', a=np.arange(3))
result([back['n'] == 2**70, math.isnan(back['x']), back['b'] == b'\\x00\\xff', back['a']])
`
    expect((await run('python', code, [echo])).value).toEqual([true, true, true, [0, 1, 2]])
  })

  test('gets an error of the host as an exception with its message and no stack of the host', async () => {
    const code = `
import host
try:
    host.fail()
except host.HostError as error:
    first = [str(error), error.code]
try:
    host.add_up(a='1', b=2)
except Exception as error:
    second = [type(error).__module__, type(error).__name__, str(error), error.code]
result([first, second])
`
    expect((await run('python', code, [fail, add])).value).toEqual([
      ['no such row: 7', 'not-found'],
      ['host', 'HostError', 'the arguments of add_up do not fit at /a: must be number', 'invalid-arguments'],
    ])
    const uncaught = await run('python', 'import host\nhost.fail()', [fail])
    expect(uncaught).toMatchObject({ status: 'error', error: { type: 'HostError', message: 'no such row: 7' } })
    expect(uncaught.error?.traceback).not.toContain('RangeError')
    expect(uncaught.error?.traceback).not.toContain('.ts')
  })

  test('awaits many at a time in asyncio, more than may be in flight, and mixes them with waiting ones', async () => {
    let most = 0
    let now = 0
    const slow = define('slow', async (input) => {
      most = Math.max(most, ++now)
      await delay(20)
      now -= 1
      return (input as { n: number }).n * 2
    })
    const code = `
import asyncio, host
async def main():
    several = [host.aio.slow(n=n) for n in range(20)]
    gathering = asyncio.gather(*several)
    await asyncio.sleep(0)
    waited = host.slow(n=100)
    try:
        await asyncio.wait_for(host.aio.never(), 0.05)
    except asyncio.TimeoutError:
        waited += 1
    return [await gathering, waited]
result(asyncio.run(main()))
result(asyncio.run(main()))
`
    const never = define('never', () => new Promise(() => {}))
    const result = await run('python', code, [slow, never], { limits: { hostCallsInFlight: 5 } })
    expect(result.error).toBeUndefined()
    expect(result.value).toEqual([Array.from({ length: 20 }, (_, n) => 2 * n), 201])
    expect(most).toBe(5)
  })

  test('calls from threads each get their own answer', async () => {
    const jitter = define('jitter', async (input) => {
      await delay((((input as { n: number }).n * 7) % 5) * 4)
      return input
    })
    const code = `
import host
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool:
    result(list(pool.map(lambda n: host.jitter(n=n)['n'], range(60))))
`
    const result = await run('python', code, [jitter])
    expect(result.value).toEqual(Array.from({ length: 60 }, (_, n) => n))
  })

  test('tools and called functions can use them', async () => {
    const tools = [
      {
        name: 'twice',
        language: 'python' as const,
        code: 'import host\ndef twice(x):\n    return host.add_up(a=x, b=x)',
        function: 'twice',
      },
    ]
    const code =
      'from tools import twice\nasync def f(x):\n    import host\n    return [twice(x), await host.aio.echo(x=x)]'
    const call = { function: 'f', arguments: { x: 4 } }
    expect((await run('python', code, [echo, add], { tools, call })).value).toEqual([8, { x: 4 }])
  })

  test('there is no module where nothing is offered', async () => {
    expect(await run('python', 'import host', [])).toMatchObject({ error: { type: 'ModuleNotFoundError' } })
  })
})

describe.each(['javascript', 'typescript'] as const)('%s', (language) => {
  test('awaits functions of the host by name and by import, in snake_case and camelCase', async () => {
    const code = `
import host, { add_up, addUp } from 'host'
result([await host.echo({ text: 'é', nested: [1, null] }), await add_up({ a: 1, b: 2 }), await addUp({ a: 3, b: 4 }), await host.echo()])
`
    expect((await run(language, code, [echo, add])).value).toEqual([{ text: 'é', nested: [1, null] }, 3, 7, {}])
  })

  test('gets an error of the host as an exception with its message and no stack of the host', async () => {
    const code = `
import { fail, add_up, HostError } from 'host'
const found = []
for (const act of [() => fail(), () => add_up({ a: '1', b: 2 })]) {
  try { await act() } catch (error) { found.push([error instanceof HostError, error.message, error.code]) }
}
result(found)
`
    expect((await run(language, code, [fail, add])).value).toEqual([
      [true, 'no such row: 7', 'not-found'],
      [true, 'the arguments of add_up do not fit at /a: must be number', 'invalid-arguments'],
    ])
    const uncaught = await run(language, "import host from 'host'\nawait host.fail()", [fail])
    expect(uncaught).toMatchObject({ status: 'error', error: { type: 'HostError', message: 'no such row: 7' } })
    expect(uncaught.error?.traceback).not.toContain('RangeError')
  })

  test('calls many at a time, and ends when nothing is awaited any more', async () => {
    const slow = define('slow', async (input) => {
      await delay(5)
      return input
    })
    const code = `
import { slow } from 'host'
const all = await Promise.all(Array.from({ length: 100 }, (_, n) => slow({ n })))
result(all.map(({ n }) => n))
`
    const result = await run(language, code, [slow], { limits: { hostCallsInFlight: 3 } })
    expect(result.error).toBeUndefined()
    expect(result.value).toEqual(Array.from({ length: 100 }, (_, n) => n))
    expect(result.usage.wallMs).toBeLessThan(5000)
  })

  test('a promise of the host that is not awaited keeps the program alive as any other would', async () => {
    const code =
      "import { echo } from 'host'\nvoid echo({ a: 1 }).then((value) => console.log('late', value.a))\nresult(1)"
    expect(await run(language, code, [echo])).toMatchObject({ status: 'ok', value: 1, stdout: { head: 'late 1\n' } })
  })
})

test('JavaScript can `require` them, and cannot call them from a worker', async () => {
  const required = await run('javascript', "const host = require('host')\nhost.echo({ a: 1 }).then(result)", [echo])
  expect(required.value).toEqual({ a: 1 })
  const code = `
import { Worker } from 'node:worker_threads'
const worker = new Worker("import('host').then((host) => host.echo()).catch((e) => require('node:worker_threads').parentPort.postMessage(e.message))", { eval: true })
result(await new Promise((resolve) => worker.on('message', resolve)))
`
  expect((await run('javascript', code, [echo])).value).toMatch(/main thread only/)
})

describe('limits', () => {
  const programs = {
    python: {
      many: "import host\nfound = []\nfor n in range(5):\n    try:\n        found.append(host.echo(n=n)['n'])\n    except host.HostError as e:\n        found.append(e.code)\nresult(found)",
      large:
        "import host\ntry:\n    host.echo(x='y' * 2000)\nexcept host.HostError as e:\n    result([e.code, host.echo(x=1)])",
    },
    javascript: {
      many: "import host from 'host'\nconst found = []\nfor (let n = 0; n < 5; n++) found.push(await host.echo({ n }).then((v) => v.n, (e) => e.code))\nresult(found)",
      large:
        "import host from 'host'\nconst code = await host.echo({ x: 'y'.repeat(2000) }).catch((e) => e.code)\nresult([code, await host.echo({ x: 1 })])",
    },
  }

  test.each(['python', 'javascript'] as const)(
    'of calls and bytes are exceptions of the code: %s',
    async (language) => {
      const { many, large } = programs[language]
      const counted = await run(language, many, [echo], { limits: { hostCalls: 3 } })
      expect(counted.value).toEqual([0, 1, 2, 'call-limit', 'call-limit'])
      const sized = await run(language, large, [echo], { limits: { hostInputBytes: 2000 } })
      expect(sized.value).toEqual(['input-limit', { x: 1 }])
    },
  )

  test('a megabyte goes in and four come out', async () => {
    const big = define('big', async (input) => 'z'.repeat((input as { text: string }).text.length * 4))
    const python = "import host\nresult(len(host.big(text='y' * 1_000_000)))"
    expect((await run('python', python, [big])).value).toBe(4_000_000)
    const javascript = "import host from 'host'\nresult((await host.big({ text: 'y'.repeat(1_000_000) })).length)"
    expect((await run('javascript', javascript, [big])).value).toBe(4_000_000)
  })

  test.each(['python', 'javascript'] as const)(
    'waiting for the host is wall time, and its end aborts the call: %s',
    async (language) => {
      let aborted = 0
      const hang = define(
        'hang',
        (_, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              aborted++
              reject(new Error('aborted'))
            })
          }),
      )
      const code = language === 'python' ? 'import host\nhost.hang()' : "import host from 'host'\nawait host.hang()"
      const startedAt = performance.now()
      const result = await run(language, code, [hang], { limits: { wallMs: 300 } })
      expect(result.status).toBe('timeout')
      expect(performance.now() - startedAt).toBeLessThan(4000)
      expect(aborted).toBe(1)
    },
  )

  test('a program that has ended does not wait for its calls', async () => {
    let aborted = false
    const hang = define(
      'hang',
      (_, { signal }) => new Promise(() => signal.addEventListener('abort', () => (aborted = true))),
    )
    const code = `
import asyncio, host
async def main():
    task = asyncio.create_task(host.aio.hang())
    await asyncio.sleep(0.05)
asyncio.run(main())
result('over')
`
    const result = await run('python', code, [hang])
    expect(result).toMatchObject({ status: 'ok', value: 'over' })
    expect(result.usage.wallMs).toBeLessThan(5000)
    expect(aborted).toBe(true)
  })
})
