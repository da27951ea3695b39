import { afterAll, beforeAll, expect, test } from 'vitest'
import { runTests } from '../../src/app/run-tests.ts'
import type { ToolTest } from '../../src/contracts/tool.ts'
import { subject } from '../admission/subjects.ts'
import { borrowTestSandbox, type TestSandbox } from '../support/open-test-sandbox.ts'

let opened: TestSandbox
beforeAll(async () => {
  opened = await borrowTestSandbox()
})
afterAll(() => opened.close())

const example = (name: string, x: number, expected: number): ToolTest => {
  return { name, kind: 'example', arguments: { x }, expected }
}
const TESTS = [example('two', 1, 2), example('wrong', 2, 5), example('six', 3, 6)]

test('every test is run in a sandbox of its own, and a failure says why', async () => {
  const counting = subject('python', 'N = []\ndef f(x):\n  N.append(x)\n  return 2 * x * len(N)')
  const results = await runTests({ sandbox: opened.sandbox, subject: counting, tests: TESTS })
  expect(results.map(({ test, failure }) => [test.name, failure === null])).toEqual([
    ['two', true],
    ['wrong', false],
    ['six', true],
  ])
  expect(results[1]?.failure).toMatch(/5.*4|4.*5/)
})

test('after the first failure the others have no result where that is asked for', async () => {
  const double = subject('javascript', 'export default function f({ x }) { return 2 * x }')
  const results = await runTests({ sandbox: opened.sandbox, subject: double, tests: TESTS, stopAtFailure: true })
  expect(results.map(({ test }) => test.name)).toEqual(['two', 'wrong'])
})

test('code that does not load has failed its tests, and code that hangs ends', async () => {
  const broken = subject('python', 'def f(x:\n  return x')
  const hanging = subject('python', 'def f(x):\n  while True: pass')
  const startedAt = performance.now()
  for (const one of [broken, hanging]) {
    const [result] = await runTests({ sandbox: opened.sandbox, subject: one, tests: TESTS.slice(0, 1) })
    expect(result?.failure).not.toBeNull()
  }
  expect(performance.now() - startedAt).toBeLessThan(40_000)
})

test('an interruption ends it', async () => {
  const double = subject('python', 'def f(x): return 2 * x')
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(runTests({ sandbox: opened.sandbox, subject: double, tests: TESTS, signal })).rejects.toThrow('enough')
})

test('a table may come as records or as columns where the result is one', async () => {
  const rows = subject('python', 'def f(x): return [{"a": x}, {"a": x + 1}]')
  const table = { type: 'array', items: { type: 'object' } }
  const expected: ToolTest = { name: 't', kind: 'example', arguments: { x: 1 }, expected: { a: [1, 2] } }
  const failureOf = async (outputSchema: typeof rows.signature.outputSchema): Promise<string | null | undefined> => {
    const one = { ...rows, signature: { ...rows.signature, outputSchema } }
    return (await runTests({ sandbox: opened.sandbox, subject: one, tests: [expected] }))[0]?.failure
  }
  expect(await failureOf(table)).toBeNull()
  expect(await failureOf({})).not.toBeNull()
})
