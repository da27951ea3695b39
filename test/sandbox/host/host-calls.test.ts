import { ProgramError } from '../../../src/contracts/program-error.ts'
import { describe, expect, test } from 'vitest'
import { DEFAULT_LIMITS, type Limits } from '../../../src/contracts/limits.ts'
import type { HostFunction } from '../../../src/contracts/sandbox.ts'
import { checkHostFunctions } from '../../../src/sandbox/host/check-host-functions.ts'
import { HostCalls } from '../../../src/sandbox/host/host-calls.ts'

const hostFunction = (more: Partial<HostFunction> = {}): HostFunction => ({
  name: 'echo',
  description: 'Gives back what it got.',
  inputSchema: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'], additionalProperties: false },
  execute: async (input) => input,
  ...more,
})

describe('the functions that are offered', () => {
  test.each(['', '1a', 'a-b', 'a b', '__init__', 'é', 'a'.repeat(65), 'aio', 'default', 'then', 'host', 'HostError'])(
    'cannot be named %j',
    (name) => {
      expect(() => checkHostFunctions([hostFunction({ name })])).toThrow(
        expect.objectContaining({ code: 'invalid_arguments' }),
      )
    },
  )

  test('need names of their own in both languages', () => {
    const named = (...names: string[]) => names.map((name) => hostFunction({ name }))
    expect(() => checkHostFunctions(named('a', 'a'))).toThrow(/Two host functions/)
    expect(() => checkHostFunctions(named('read_file', 'readFile'))).toThrow(/Two host functions/)
    expect(() => checkHostFunctions(named('read_file', 'write_file', 'class'))).not.toThrow()
  })

  test('need a schema that is one', () => {
    expect(() => checkHostFunctions([hostFunction({ inputSchema: { type: 'wrong' } })])).toThrow(/cannot be used/)
  })
})

/** The calls of one execution and the replies that were sent. */
function answering(functions: HostFunction[], limits: Partial<Limits> = {}) {
  const replies: { id: number; ok: boolean; value?: unknown; error?: { code: string; message: string } }[] = []
  const calls = new HostCalls(functions, { ...DEFAULT_LIMITS, ...limits }, (json) => replies.push(JSON.parse(json)))
  return { calls, replies }
}
const settled = () => new Promise((resolve) => setTimeout(resolve, 5))

describe('the answers', () => {
  test('carry the id of the call, even where two have the same', async () => {
    const { calls, replies } = answering([hostFunction()])
    calls.answer({ id: 3, name: 'echo', input: { n: 1 } }, 50)
    calls.answer({ id: 3, name: 'echo', input: { n: 2 } }, 50)
    await settled()
    expect(replies).toEqual([
      { type: 'reply', id: 3, ok: true, value: { n: 1 } },
      { type: 'reply', id: 3, ok: true, value: { n: 2 } },
    ])
  })

  test.each([
    ['an unknown name', { name: 'other', input: {} }, 'unknown-function'],
    ['a name of the prototype', { name: 'constructor', input: {} }, 'unknown-function'],
    ['arguments of another type', { name: 'echo', input: { n: '1' } }, 'invalid-arguments'],
    ['an argument too many', { name: 'echo', input: { n: 1, m: 2 } }, 'invalid-arguments'],
    ['a missing argument', { name: 'echo', input: {} }, 'invalid-arguments'],
    ['a number that JSON cannot hold', { name: 'echo', input: { n: { $number: 'NaN' } } }, 'invalid-arguments'],
    ['arguments that are no object', { name: 'echo', input: [1] }, 'invalid-arguments'],
  ])('refuse %s without calling anything', async (_, call, code) => {
    let called = 0
    const { calls, replies } = answering([hostFunction({ execute: async () => ++called })])
    calls.answer({ id: 1, ...call }, 50)
    await settled()
    expect(replies).toMatchObject([{ id: 1, ok: false, error: { code } }])
    expect(called).toBe(0)
  })

  const failingWith = async (thrown: unknown) => {
    const { calls, replies } = answering([hostFunction({ execute: () => Promise.reject(thrown) })])
    calls.answer({ id: 1, name: 'echo', input: { n: 1 } }, 50)
    await settled()
    expect(replies).toHaveLength(1)
    return replies[0]
  }

  test.each([
    new Error('connect postgres://admin:hunter2@db.internal:5432/crm refused'),
    Object.assign(new Error('ENOENT: /home/me/.aws/credentials'), { code: 'ENOENT' }),
    new AggregateError([new Error('Bearer sk-1')], 'Authorization: Bearer sk-1'),
    Object.assign(new RangeError('row of another customer'), { forProgram: false }),
    'a text with hunter2',
    { message: 'hunter2', code: 'hunter2' },
    Object.defineProperty(new Error('hunter2'), 'name', {
      get() {
        throw new Error('hunter2')
      },
    }),
    null,
  ])('hold nothing of an error that was not meant for the program: %#', async (thrown) => {
    expect(await failingWith(thrown)).toEqual({
      type: 'reply',
      id: 1,
      ok: false,
      error: { code: 'failed', message: 'the host function echo failed' },
    })
  })

  test.each([
    [new ProgramError('no such customer'), { code: 'failed', message: 'no such customer' }],
    [
      new ProgramError('no such customer', { code: 'not-found', cause: new Error('hunter2') }),
      { code: 'not-found', message: 'no such customer' },
    ],
    [
      Object.assign(new Error('of another copy'), { name: 'ProgramError' }),
      { code: 'failed', message: 'of another copy' },
    ],
    [new ProgramError(''), { code: 'failed', message: 'the host function echo failed' }],
    [
      new ProgramError('x'.repeat(5000), { code: 'y'.repeat(100) }),
      { code: 'y'.repeat(64), message: 'x'.repeat(2000) },
    ],
  ])('hold message and code of one that was: %#', async (thrown, error) => {
    expect(await failingWith(thrown)).toEqual({ type: 'reply', id: 1, ok: false, error })
  })

  test.each([
    [
      'throws at once',
      () => {
        throw new Error('at once')
      },
      'the host function echo failed',
    ],
    ['throws what is no error', () => Promise.reject('secret'), 'the host function echo failed'],
    ['gives what is no JSON', async () => 1n as unknown as number, 'echo returned what is no JSON'],
  ])('of a function that %s are errors', async (_, execute, message) => {
    const { calls, replies } = answering([hostFunction({ execute })])
    calls.answer({ id: 1, name: 'echo', input: { n: 1 } }, 50)
    await settled()
    expect(replies).toEqual([{ type: 'reply', id: 1, ok: false, error: { code: 'failed', message } }])
  })

  test('are bounded together in bytes', async () => {
    const { calls, replies } = answering([hostFunction({ execute: async () => 'x'.repeat(98) })], {
      hostOutputBytes: 150,
    })
    calls.answer({ id: 1, name: 'echo', input: { n: 1 } }, 50)
    calls.answer({ id: 2, name: 'echo', input: { n: 1 } }, 50)
    await settled()
    expect(replies).toMatchObject([
      { id: 1, ok: true },
      {
        id: 2,
        ok: false,
        error: { code: 'output-limit', message: 'echo returned 100 bytes; 50 of hostOutputBytes are left' },
      },
    ])
  })
})

describe('the limits of calls', () => {
  const call = { id: 1, name: 'echo', input: { n: 1 } }

  test('of their number', () => {
    const { calls } = answering([hostFunction()], { hostCalls: 2 })
    calls.answer(call, 50)
    calls.answer(call, 50)
    expect(() => calls.answer(call, 50)).toThrow('More calls of the host than 2')
  })

  test('of their bytes', () => {
    const { calls } = answering([hostFunction()], { hostInputBytes: 100 })
    calls.answer(call, 60)
    expect(() => calls.answer(call, 60)).toThrow('More bytes')
  })

  test('at one time; unknown names count too', async () => {
    const { calls } = answering([hostFunction()], { hostCallsInFlight: 2 })
    calls.answer({ ...call, name: 'other' }, 50)
    calls.answer(call, 50)
    expect(() => calls.answer(call, 50)).toThrow('at one time than 2')
    await settled()
    expect(() => calls.answer(call, 50)).not.toThrow()
  })

  test('the end aborts what is under way, and nothing more is sent', async () => {
    let aborted = false
    const execute: HostFunction['execute'] = (_, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          aborted = true
          resolve('late')
        })
      })
    const { calls, replies } = answering([hostFunction({ execute })])
    calls.answer(call, 50)
    calls.end()
    await settled()
    expect(aborted).toBe(true)
    expect(replies).toEqual([])
  })
})
