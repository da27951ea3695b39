import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkMutants } from '../../../src/admission/mutation/check-mutants.ts'
import type { RunTests } from '../../../src/admission/subject.ts'
import type { ToolTest } from '../../../src/contracts/tool.ts'
import { borrowTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { runTests } from '../run-tests.ts'
import { subject } from '../subjects.ts'

let opened: TestSandbox
beforeAll(async () => {
  opened = await borrowTestSandbox()
})
afterAll(() => opened.close())

const BAND = subject(
  'python',
  'def f(x):\n    if x < 0:\n        return 0\n    if x < 10:\n        return x * 2\n    return 20\n',
)
const example = (x: number, expected: number): ToolTest => ({
  name: `of ${x}`,
  kind: 'example',
  arguments: { x },
  expected,
})
const GOOD = [example(-1, 0), example(0, 0), example(3, 6), example(9.5, 19), example(10, 20), example(12, 20)]

describe('the mutation check', () => {
  test('finds that tests at the bounds see nearly every mistake', async () => {
    const check = await checkMutants({ sandbox: opened.sandbox, tool: BAND, tests: GOOD, runTests })
    expect(check.share).toBeGreaterThan(0.85)
    expect(check.total).toBe(check.killed + check.survived.length)
    expect(check.total).toBeGreaterThan(12)
    expect(check.notJudged).toBe(0)
  })

  test('finds the mistakes that a single test in the middle does not see', async () => {
    const check = await checkMutants({ sandbox: opened.sandbox, tool: BAND, tests: [example(3, 6)], runTests })
    expect(check.share).toBeLessThan(0.6)
    expect(check.survived.map((mutant) => mutant.after)).toContain('x <= 10')
  })

  test('gives mutants of a slow tool, as all tools are on a busy machine, limits that the sandbox takes', async () => {
    const slow = subject('python', 'import time\ndef f(x):\n    time.sleep(0.6)\n    return x + 1\n')
    const tests = [example(1, 2), example(4, 5)]
    const check = await checkMutants({ sandbox: opened.sandbox, tool: slow, tests, runTests, limit: 3 })
    expect(check.total).toBeGreaterThan(0)
  })

  test('ends a mutant with the first test that fails', async () => {
    let most = 0
    const counting: RunTests = async (run) => {
      const results = await runTests(run)
      const failed = results.filter((result) => result.failure !== null).length
      most = Math.max(most, failed)
      return results
    }
    await checkMutants({ sandbox: opened.sandbox, tool: BAND, tests: GOOD, runTests: counting })
    expect(most).toBe(1)
  })

  test('never works on more than four mutants at a time', async () => {
    let running = 0
    let most = 0
    const counting: RunTests = async (run) => {
      running += 1
      most = Math.max(most, running)
      const results = await runTests(run)
      running -= 1
      return results
    }
    await checkMutants({ sandbox: opened.sandbox, tool: BAND, tests: GOOD, runTests: counting })
    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThanOrEqual(4)
  })

  test('counts a mutant that never ends as killed, in about a second of its time', async () => {
    const halving = subject(
      'python',
      'def f(x):\n    steps = 0\n    while x > 1:\n        x = x / 2\n        steps += 1\n    return steps\n',
    )
    const startedAt = performance.now()
    const check = await checkMutants({ sandbox: opened.sandbox, tool: halving, tests: [example(8, 3)], runTests })
    // `x = x / 2` dropped, or `x * 2` in its place, never comes to an end.
    expect(check.killed).toBeGreaterThan(3)
    expect(performance.now() - startedAt).toBeLessThan(45_000)
  })

  test('begins no further mutant when its time is over', async () => {
    const slow: RunTests = async (run) => {
      await new Promise((resolve) => setTimeout(resolve, 150))
      return runTests(run)
    }
    const check = await checkMutants({ sandbox: opened.sandbox, tool: BAND, tests: GOOD, runTests: slow, wallMs: 400 })
    expect(check.notJudged).toBeGreaterThan(0)
    expect(check.wallMs).toBeLessThan(10_000)
  })

  test('works for JavaScript', async () => {
    const tool = subject('javascript', 'export default function f({ x }) {\n  return x < 0 ? 0 : x * 2\n}\n')
    const tests = [example(-1, 0), example(4, 8), example(0, 0), example(-0.5, 0)]
    const check = await checkMutants({ sandbox: opened.sandbox, tool, tests, runTests, limit: 8 })
    expect(check.total).toBe(8)
    expect(check.share).toBeGreaterThan(0.6)
  })

  test('refuses a tool that fails its own tests, and says which', async () => {
    const checking = checkMutants({ sandbox: opened.sandbox, tool: BAND, tests: [example(1, 7)], runTests })
    await expect(checking).rejects.toMatchObject({
      code: 'tool_rejected',
      message: expect.stringContaining('"of 1"') as string,
    })
  })

  test('has no share where there is nothing to change', async () => {
    const tool = subject('python', 'def f(x):\n    pass\n')
    const tests: ToolTest[] = [{ name: 'gives nothing', kind: 'example', arguments: { x: 1 }, expected: null }]
    expect(await checkMutants({ sandbox: opened.sandbox, tool, tests, runTests })).toMatchObject({
      total: 0,
      share: null,
    })
  })

  test('ends with the reason of its signal', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    const checking = checkMutants({ sandbox: opened.sandbox, tool: BAND, tests: GOOD, runTests, signal })
    await expect(checking).rejects.toThrow('enough')
  })
})
