import { describe, expect, test } from 'vitest'
import type { ScriptedStep } from '../../../src/testing/index.ts'
import { eventsOf } from '../open-test-agent.ts'
import {
  block,
  json,
  makeRange,
  RANGE,
  RANGE_TESTS,
  rangeCode,
  rangeMake,
  rangePlan,
  reuseRange,
  scriptPlan,
} from '../scripted-replies.ts'
import { useTestAgent } from '../use-test-agent.ts'

// Each test has a library of its own.
const setup = useTestAgent({ each: true })

describe('a tool that is made', () => {
  test('is tested before it is coded, verified, kept, and used at once', async () => {
    const { result, types, events } = await setup.subject.play(makeRange, setup.request)
    expect(result).toMatchObject({
      status: 'succeeded',
      answer: 'The prices spread over **7.50**.',
      made: [{ name: 'value_range', version: 1, saved: true }],
      reused: [],
      steps: [{ id: 's1', decision: 'make', tool: { name: 'value_range', version: 1 }, value: 7.5, succeeded: true }],
      usage: { calls: 3, executions: 6 },
    })
    const order = types.filter((type) => !['run-started', 'inputs-inspected', 'tools-retrieved'].includes(type))
    expect(order).toEqual([
      'plan-ready',
      'step-started',
      'tests-written',
      'code-written',
      ...Array.from({ length: 5 }, () => 'test-passed'),
      'execution-finished',
      'tool-saved',
      'step-finished',
      'run-finished',
    ])
    expect(eventsOf(events, 'tests-written')[0]?.tests.map((one) => one.name)).toEqual([
      'example 1 of the specification',
      ...RANGE_TESTS.tests.map((one) => one.name),
    ])
  })

  test('is kept with its tests, its origin and its first use', async () => {
    const { runId, result } = await setup.subject.play(makeRange, setup.request)
    const tool = await setup.subject.library.get('value_range')
    expect(tool).toMatchObject({
      version: 1,
      state: 'verified',
      language: 'python',
      function: 'value_range',
      whenToUse: RANGE.whenToUse,
      exampleRequests: RANGE.exampleRequests,
      provenance: {
        runId,
        model: 'scripted/model',
        source: 'made',
        request: setup.request.text,
        repairs: 0,
        costUsd: 0,
      },
    })
    // With the value of its first use.
    expect(tool.tests).toHaveLength(6)
    expect(tool.tests.at(-1)).toMatchObject({ kind: 'example', arguments: { values: [10, 17.5, 12] }, expected: 7.5 })
    expect(tool.provenance.tokens).toBeGreaterThan(100)
    expect(tool.provenance.tokens).toBeLessThan(result.usage.tokens)
    expect(await setup.subject.library.ledger('value_range')).toMatchObject({
      uses: 1,
      successes: 1,
      reuses: 0,
      tokensSaved: 0,
    })
  })

  test('costs the next such request one cheap call and one execution', async () => {
    await setup.subject.play(makeRange, setup.request)
    const { result, events } = await setup.subject.play(
      [{ role: 'planner', match: /def value_range\(values: list\[float\]\) -> float/, reply: reuseRange }],
      { ...setup.request, text: 'And the spread of the prices once more?' },
    )
    expect(result).toMatchObject({
      status: 'succeeded',
      answer: 'Over 7.5.',
      made: [],
      reused: [{ name: 'value_range', version: 1 }],
      usage: { calls: 1, executions: 1 },
    })
    expect(eventsOf(events, 'tool-reused')).toMatchObject([{ stepId: 's1', name: 'value_range', version: 1 }])
    expect(eventsOf(events, 'model-called').map((event) => event.tier)).toEqual(['fast'])
    const ledger = await setup.subject.library.ledger('value_range')
    expect(ledger).toMatchObject({ uses: 2, successes: 2, reuses: 1 })
    expect(ledger.tokensSaved).toBeGreaterThanOrEqual(0)
  })

  test('may be used twice by one plan', async () => {
    const steps = [
      rangeMake,
      { id: 's2', decision: 'reuse', tool: 'value_range', goal: 'again', arguments: { values: [1, { $step: 's1' }] } },
    ]
    const plan = json({ understanding: 'u', difficulty: 'easy', steps, answer: '{{s1}} and {{s2}}' })
    const { result } = await setup.subject.play([{ reply: plan }, ...makeRange.slice(1)], setup.request)
    expect(result).toMatchObject({ answer: '7.5 and 6.5', reused: [], made: [{ name: 'value_range' }] })
    expect(await setup.subject.library.ledger('value_range')).toMatchObject({ uses: 2, reuses: 0 })
  })

  test('is not kept where the run keeps nothing, and can be used within it all the same', async () => {
    const steps = [rangeMake, { id: 's2', decision: 'script', goal: 'double', uses: ['value_range'], needs: ['s1'] }]
    const plan = json({ understanding: 'u', difficulty: 'easy', steps, answer: '{{s2}}' })
    const script = block('from tools import value_range\nresult(2 * value_range([1, 2]))', 'python s2')
    const { result, events } = await setup.subject.play(
      [{ reply: `${plan}\n${script}` }, ...makeRange.slice(1)],
      setup.request,
      {
        save: false,
      },
    )
    expect(result).toMatchObject({ answer: '2', made: [{ name: 'value_range', version: 1, saved: false }] })
    expect(eventsOf(events, 'tool-saved')).toMatchObject([{ saved: false, tests: 6 }])
    expect(await setup.subject.library.count()).toBe(0)
  })

  test('is told to the tester by its specification, without code, and to the coder without the tests', async () => {
    const { agent, gateway } = setup.subject.withScript(makeRange)
    await agent.run(setup.request).result
    const [, tester, coder] = gateway.calls.map((call) => call.messages.map((message) => message.content).join('\n'))
    expect(tester).toContain(RANGE.description)
    expect(tester).not.toContain('def value_range')
    expect(coder).toContain(RANGE.description)
    for (const { name } of RANGE_TESTS.tests) expect(coder).not.toContain(name)
    expect(coder).not.toContain('prices.csv')
  })
})

describe('a version that fails', () => {
  const wrong = rangeCode('float(values[0] - values[-1])')

  test('its tests is repaired with what was expected, and the tool that passes is kept', async () => {
    const { result, events } = await setup.subject.play(
      [
        ...makeRange.slice(0, 2),
        { role: 'coder', reply: wrong },
        {
          role: 'coder',
          match: (prompt) =>
            /1 of 5 tests pass|2 of 5 tests pass/.test(prompt) &&
            prompt.includes('Test "negative numbers count"') &&
            prompt.includes('expected 5, got -5'),
          reply: rangeCode(),
        },
      ],
      setup.request,
    )
    expect(result).toMatchObject({ status: 'succeeded', usage: { calls: 4 }, made: [{ saved: true }] })
    expect(eventsOf(events, 'code-written').map((event) => event.attempt)).toEqual([1, 2])
    expect(eventsOf(events, 'test-failed').map((event) => event.test)).toContain('negative numbers count')
    expect((await setup.subject.library.get('value_range')).provenance.repairs).toBe(1)
    const coders = eventsOf(events, 'model-called').filter((event) => event.role === 'coder')
    expect(coders.map((event) => [event.purpose, event.tier])).toEqual([
      ['write-code', 'fast'],
      ['repair-code', 'strong'],
    ])
  })

  test('to be a tool at all is sent back without running it', async () => {
    const untyped = block('def value_range(values):\n    return max(values) - min(values)', 'python')
    const { result, events } = await setup.subject.play(
      [
        ...makeRange.slice(0, 2),
        { role: 'coder', reply: untyped },
        { role: 'coder', match: /does not pass yet/, reply: rangeCode() },
      ],
      setup.request,
    )
    expect(result.status).toBe('succeeded')
    expect(eventsOf(events, 'code-rejected')).toMatchObject([
      { attempt: 1, problems: expect.arrayContaining([expect.any(String)]) },
    ])
    expect(result.usage.executions).toBe(6)
  })

  test('with a syntax error is sent back with its place', async () => {
    const broken = block(
      'def value_range(values: list[float]) -> float:\n    return max(values) - min(values',
      'python',
    )
    const { events } = await setup.subject.play(
      [
        ...makeRange.slice(0, 2),
        { role: 'coder', reply: broken },
        { role: 'coder', match: /Line 2: SyntaxError/, reply: rangeCode() },
      ],
      setup.request,
    )
    expect(eventsOf(events, 'code-rejected')[0]?.problems.join('\n')).toMatch(/Line 2: SyntaxError/)
  })

  test('again and again is given up, and the next plan does without', async () => {
    const other = (expression: string): ScriptedStep => ({ role: 'coder', reply: rangeCode(expression) })
    const { result } = await setup.subject.play(
      [
        ...makeRange.slice(0, 2),
        other('0.1'),
        other('0.2'),
        other('0.3'),
        other('0.4'),
        {
          role: 'planner',
          match: /the tool could not be made[\s\S]*4 versions of value_range were rejected/,
          reply: scriptPlan({ code: 'result(7.5)', over: { id: 's2' }, answer: '{{s2}}' }).replace(
            'python s1',
            'python s2',
          ),
        },
      ],
      setup.request,
    )
    expect(result).toMatchObject({ status: 'succeeded', answer: '7.5', made: [], usage: { calls: 7 } })
    expect(await setup.subject.library.count()).toBe(0)
  })

  test('by never being code ends the run with the reply that came', async () => {
    const chat = (): ScriptedStep => ({ role: 'coder', reply: 'I am sorry, let us talk about the weather.' })
    const { result } = await setup.subject.play([...makeRange.slice(0, 2), chat(), chat(), chat()], setup.request)
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'model_reply_invalid', message: expect.stringContaining('talk about the weather') },
      usage: { calls: 5 },
    })
  })
})

describe('a run that ends while a tool is being tested', () => {
  test('by its budget has executed no more than allowed and keeps nothing', async () => {
    const { result, events } = await setup.subject.play(makeRange, setup.request, { budget: { executions: 3 } })
    expect(result).toMatchObject({
      status: 'budget-exceeded',
      error: { code: 'budget_executions' },
      made: [],
      usage: { executions: 3, calls: 3 },
    })
    expect(eventsOf(events, 'execution-started')).toHaveLength(3)
    expect(await setup.subject.library.count()).toBe(0)
  })

  test('by being cancelled ends within a second', async () => {
    const endless = rangeCode('_endless()\n\n\ndef _endless() -> float:\n    while True:\n        pass')
    const { agent } = setup.subject.withScript([...makeRange.slice(0, 2), { role: 'coder', reply: endless }])
    const run = agent.run(setup.request)
    let cancelledAt = 0
    for await (const event of run) {
      if (event.type !== 'execution-started' || cancelledAt > 0) continue
      cancelledAt = performance.now()
      run.cancel()
    }
    expect(await run.result).toMatchObject({ status: 'cancelled', made: [] })
    expect(performance.now() - cancelledAt).toBeLessThan(5000)
  })
})

describe('a policy on making tools', () => {
  test('of never turns a plan that makes one into a script', async () => {
    const { result } = await setup.subject.play(
      [
        { match: /In this run no tools are made/, reply: rangePlan },
        { role: 'planner', match: /switched off for this run/, reply: scriptPlan({ code: 'result(7.5)' }) },
      ],
      setup.request,
      { make: 'never' },
    )
    expect(result).toMatchObject({ answer: 'It is 7.5.', made: [], usage: { calls: 2 } })
  })

  test('of always turns a script into a tool', async () => {
    const { result } = await setup.subject.play(
      [
        { match: /every computation becomes a tool/, reply: scriptPlan({ code: 'result(7.5)' }) },
        { role: 'planner', match: /make a tool \(or reuse one\) instead/, reply: rangePlan },
        ...makeRange.slice(1),
      ],
      setup.request,
      { make: 'always' },
    )
    expect(result).toMatchObject({ made: [{ name: 'value_range' }] })
  })
})
