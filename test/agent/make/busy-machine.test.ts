import { spawn, type ChildProcess } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { judgeTest } from '../../../src/agent/make/judge-test.ts'
import { openAdmissionGate } from '../../../src/app/open-admission-gate.ts'
import type { Execution } from '../../../src/contracts/sandbox.ts'
import type { ToolSignature, ToolTest } from '../../../src/contracts/tool.ts'
import type { ScriptedStep } from '../../../src/testing/index.ts'
import { borrowTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { slowSandbox } from '../../support/slow-sandbox.ts'
import { eventsOf, openTestAgent, type TestAgent } from '../open-test-agent.ts'
import { json, makeRange, PRICES, rangeCode, rangePlan, rangeTests, scriptPlan } from '../scripted-replies.ts'

let opened: TestSandbox

beforeAll(async () => {
  opened = await borrowTestSandbox()
})

afterAll(() => opened.close())

async function withAgent(
  starves: (execution: Execution, running: number) => boolean,
  use: (agent: TestAgent, sandbox: { starved: number }) => Promise<void>,
  { admission = false }: { admission?: boolean } = {},
): Promise<void> {
  const sandbox = slowSandbox(opened.sandbox, starves)
  const agent = await openTestAgent(sandbox, admission ? { admission: openAdmissionGate() } : {})
  try {
    await use(agent, sandbox)
  } finally {
    await agent.close()
  }
}

const isTest = ({ limits }: Execution): boolean => limits?.cpuMs === 10_000

async function ask(agent: TestAgent, steps: readonly ScriptedStep[]) {
  return agent.play(steps, { text: 'How far do the prices spread?', files: [await agent.file('prices.csv', PRICES)] })
}

const keep: ScriptedStep = { role: 'reviewer', reply: json({ verdict: 'keep' }) }

describe('a machine that is busy', () => {
  const isScript = ({ code, call }: Execution): boolean => call === undefined && code.includes('sum(range(10))')
  const script: ScriptedStep = { role: 'planner', reply: scriptPlan({ code: 'result(sum(range(10)))' }) }

  test('does not send a script to repair: it runs again, and has its value', async () => {
    let times = 0
    await withAgent(
      (execution) => isScript(execution) && (times += 1) === 1,
      async (agent, sandbox) => {
        const { result, events } = await agent.play([script], 'The sum')
        expect(sandbox.starved).toBe(1)
        expect(result).toMatchObject({ status: 'succeeded', answer: 'It is 45.', usage: { calls: 1, executions: 2 } })
        const limits = eventsOf(events, 'execution-finished').map((event) => event.result.limits.wallMs)
        expect(limits[1]).toBe(3 * (limits[0] ?? 0))
      },
    )
  })

  test('that lets a script never end has nobody write other code for it: the planner is told', async () => {
    await withAgent(isScript, async (agent) => {
      const other: ScriptedStep = { role: 'planner', match: /wall time/, reply: scriptPlan({ code: 'result(45)' }) }
      const { result, events } = await agent.play([script, other], 'The sum')
      expect(result).toMatchObject({ status: 'succeeded', answer: 'It is 45.', usage: { calls: 2, executions: 3 } })
      expect(eventsOf(events, 'model-called').map(({ purpose }) => purpose)).not.toContain('repair-code')
    })
  })

  test('ends no test for good: what it ended beside others passes alone, and nobody writes code again', async () => {
    await withAgent(
      (execution, running) => isTest(execution) && running > 1,
      async (agent, sandbox) => {
        const { result, events } = await ask(agent, makeRange)
        expect(sandbox.starved).toBeGreaterThan(0)
        expect(result).toMatchObject({ status: 'succeeded', usage: { calls: 3 } })
        expect(eventsOf(events, 'test-failed')).toEqual([])
        expect(await agent.library.get('value_range')).toMatchObject({ state: 'verified' })
        // The repetitions are executions of the run like all others.
        expect(result.usage.executions).toBe(6 + sandbox.starved)
      },
    )
  })

  test('that lets a test never end leaves it open: the tool answers, is a candidate for that, and is not repaired', async () => {
    const isSingle = (execution: Execution): boolean => JSON.stringify(execution.call?.arguments) === '{"values":[7]}'
    await withAgent(
      (execution) => isTest(execution) && isSingle(execution),
      async (agent) => {
        const { result, events } = await ask(agent, makeRange)
        expect(result).toMatchObject({ status: 'succeeded', answer: 'The prices spread over **7.50**.' })
        expect(eventsOf(events, 'model-called').map(({ purpose }) => purpose)).not.toContain('repair-code')
        expect(eventsOf(events, 'test-failed')).toMatchObject([{ test: 'one number has no range', undecided: true }])
        const { state, stateReason } = await agent.library.get('value_range')
        expect(state).toBe('candidate')
        expect(stateReason).toMatch(/one number has no range.*machine was too busy.*0\.1 s of CPU time/)
      },
    )
  })

  test('hides no fault: the test that fails goes to repair, and only that one', async () => {
    const isSingle = (execution: Execution): boolean => JSON.stringify(execution.call?.arguments) === '{"values":[7]}'
    await withAgent(
      (execution) => isTest(execution) && isSingle(execution),
      async (agent) => {
        const { result } = await ask(agent, [
          { reply: rangePlan },
          { role: 'tester', reply: rangeTests },
          { role: 'coder', reply: rangeCode('float(values[0] - values[-1])') },
          {
            role: 'coder',
            match: (prompt) => /1 of 4 tests pass/.test(prompt) && !prompt.includes('one number has no range'),
            reply: rangeCode(),
          },
        ])
        expect(result.status).toBe('succeeded')
      },
    )
  })

  test('refuses no tool in the checks of admission, which say nothing where they could not tell', async () => {
    // Every third execution of the checks is starved, whatever it is.
    let count = 0
    await withAgent(
      (execution) => !isTest(execution) && execution.limits?.cpuMs !== undefined && (count += 1) % 3 === 0,
      async (agent, sandbox) => {
        const { result, events } = await ask(agent, [...makeRange, keep])
        expect(sandbox.starved).toBeGreaterThan(3)
        expect(result).toMatchObject({ status: 'succeeded', usage: { calls: 4 } })
        expect(eventsOf(events, 'code-rejected')).toEqual([])
        expect(await agent.library.get('value_range')).toMatchObject({ state: 'verified' })
      },
      { admission: true },
    )
  })

  test('that starves every check refuses none either', async () => {
    await withAgent(
      (execution) => !isTest(execution) && (execution.limits?.cpuMs ?? 30_000) < 10_000,
      async (agent) => {
        const { result } = await ask(agent, [...makeRange, keep])
        expect(result).toMatchObject({ status: 'succeeded', usage: { calls: 4 } })
        const { state, admission } = await agent.library.get('value_range')
        expect(state).toBe('verified')
        expect(admission?.mutants?.tried ?? 0).toBe(0)
        expect(admission?.repeatedCalls ?? 0).toBe(0)
      },
      { admission: true },
    )
  })
})

describe('code that reaches a limit', () => {
  test('is told the limit and what it used', async () => {
    await withAgent(
      () => false,
      async (agent) => {
        const { result } = await ask(agent, [
          { reply: rangePlan },
          { role: 'tester', reply: rangeTests },
          { role: 'coder', reply: rangeCode('float(max(values) - min(values)) + 0 * len(bytearray(900_000_000))') },
          {
            role: 'coder',
            match: /ended with 'out-of-memory': it used \d+ MiB of memory; 512 MiB are allowed|it raised MemoryError/,
            reply: rangeCode(),
          },
        ])
        expect(result.status).toBe('succeeded')
      },
    )
  })

  test('by the clock alone is not at fault, by its CPU time it is', async () => {
    const judged = { signature: { outputSchema: { type: 'integer' } } as unknown as ToolSignature }
    const example: ToolTest = { name: 't', kind: 'example', arguments: {}, expected: 1 }
    const code = { language: 'python' as const, code: 'while True:\n    pass', limits: { cpuMs: 300, wallMs: 20_000 } }
    const burnt = await opened.sandbox.execute(code)
    expect(judgeTest(example, burnt, judged)).toMatchObject({
      undecided: false,
      failure: expect.stringMatching(
        /'timeout': it used 0\.\d s of CPU time in .* s by the clock; 0\.3 s of CPU time and 20 s/,
      ),
    })
    const starved = { ...burnt, usage: { ...burnt.usage, cpuMs: 100 } }
    expect(judgeTest(example, starved, judged)).toMatchObject({ undecided: true })
  })
})

describe('busy loops on every core', () => {
  const loops: ChildProcess[] = []
  beforeAll(() => {
    for (let one = 0; one < 8; one += 1) loops.push(spawn(process.execPath, ['-e', 'for (;;) {}']))
  })
  afterAll(() => {
    for (const loop of loops) loop.kill('SIGKILL')
  })

  test('make no right code wrong', async () => {
    const heavy = rangeCode(
      'float(max(values) - min(values)) + 0 * _work()\n\ndef _work() -> int:\n    return sum(i * i % 7 for i in range(4_000_000))',
    )
    await withAgent(
      () => false,
      async (agent) => {
        const startedAt = Date.now()
        const { result, events } = await ask(agent, [...makeRange.slice(0, 2), { role: 'coder', reply: heavy }])
        expect(result).toMatchObject({ status: 'succeeded', usage: { calls: 3 } })
        expect(eventsOf(events, 'test-failed')).toEqual([])
        expect(Date.now() - startedAt).toBeLessThan(120_000)
      },
    )
  }, 150_000)
})
