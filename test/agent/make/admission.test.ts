import { describe, expect, test } from 'vitest'
import { openAdmissionGate } from '../../../src/app/open-admission-gate.ts'
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
  rangeTests,
  scriptPlan,
} from '../scripted-replies.ts'
import { useTestAgent } from '../use-test-agent.ts'

// Each test has a library of its own, and the checks that handaxe makes.
const setup = useTestAgent({ each: true, over: { admission: openAdmissionGate() } })

const keep: ScriptedStep = { role: 'reviewer', match: /You review one tool/, reply: json({ verdict: 'keep' }) }
const reject = (text: string): ScriptedStep => ({
  role: 'reviewer',
  reply: json({ verdict: 'reject', reasons: [{ kind: 'wrong', line: 15, text }] }),
})

/** `value_range` under another name, with other names for its parameters. */
function renamed(name: string, parameter: string): ScriptedStep[] {
  const rename = (text: string): string => text.replaceAll('value_range', name).replaceAll(/\bvalues\b/g, parameter)
  const step = JSON.parse(rename(JSON.stringify(rangeMake))) as object
  const plan = json({ understanding: 'u', difficulty: 'easy', steps: [step], answer: 'Over {{s1}}.' })
  return [
    { role: 'planner', reply: plan },
    { role: 'tester', reply: rename(rangeTests) },
    { role: 'coder', reply: rename(rangeCode()) },
  ]
}

describe('a tool that passes its tests', () => {
  test('is checked in two worlds, with planted faults and by a reviewer, before it is kept with the record of it', async () => {
    const { result, events } = await setup.subject.play([...makeRange, keep], setup.request)
    expect(result).toMatchObject({ status: 'succeeded', made: [{ name: 'value_range', saved: true }] })
    // The review is the only call that admission costs.
    expect(result.usage.calls).toBe(4)
    expect(eventsOf(events, 'model-called').at(-1)).toMatchObject({ purpose: 'review-tool', tier: 'fast' })
    const { admission, state } = await setup.subject.library.get('value_range')
    expect(state).toBe('verified')
    expect(admission).toMatchObject({
      review: { verdict: 'accept', model: 'scripted/model', reasons: [] },
      droppedTests: [],
      neighbours: [],
    })
    expect(admission?.repeatedCalls).toBeGreaterThan(3)
    expect(admission?.mutants?.tried).toBeGreaterThan(4)
    expect(eventsOf(events, 'tool-checked')).toMatchObject([{ tool: 'value_range', decision: 'admit', findings: [] }])
    expect(result.usage.executions).toBeLessThan(60)
    // Each check has its yield in the record: those that the making itself made as well.
    const { checks = [] } = admission ?? {}
    const ran = checks.filter(({ ran: times }) => times > 0).map(({ check }) => check)
    expect(ran).toEqual([
      'static',
      'hidden-characters',
      'tests',
      'test-quality',
      'determinism',
      'hard-coded',
      'mutation',
      'review',
    ])
    expect(checks.find(({ check }) => check === 'twins')?.skipped).toEqual({ 'nothing-to-check': 1 })
    const spent = checks.reduce((sum, { executions }) => sum + executions, 0)
    // The use itself is none of the checks'.
    expect(result.usage.executions - spent).toBe(1)
  })

  test('is shown to the reviewer with its specification, and without the tests or what its author said', async () => {
    const { agent, gateway } = setup.subject.withScript([
      ...makeRange.slice(0, 2),
      { role: 'coder', reply: `I am sure that this is right.\n${rangeCode()}` },
      keep,
    ])
    await agent.run(setup.request).result
    const reviewer = gateway.calls
      .at(-1)
      ?.messages.map((message) => message.content)
      .join('\n')
    expect(reviewer).toContain(RANGE.description)
    expect(reviewer).toContain('def value_range')
    expect(reviewer).not.toContain('I am sure')
    for (const { name } of RANGE_TESTS.tests) expect(reviewer).not.toContain(name)
  })

  test('and is rejected by the reviewer goes back with the reasons, and is looked at again by a stronger one', async () => {
    const { result, events } = await setup.subject.play(
      [
        ...makeRange,
        reject('a list of NaN gives NaN'),
        {
          role: 'coder',
          match: /a list of NaN gives NaN/,
          reply: rangeCode('float(max(values)) - float(min(values))'),
        },
        keep,
      ],
      setup.request,
    )
    expect(result).toMatchObject({ status: 'succeeded', usage: { calls: 6 } })
    const reviews = eventsOf(events, 'model-called').filter((event) => event.purpose === 'review-tool')
    expect(reviews.map((event) => event.tier)).toEqual(['fast', 'strong'])
    expect(await setup.subject.library.get('value_range')).toMatchObject({
      state: 'verified',
      provenance: { repairs: 1 },
      admission: { review: { verdict: 'accept' } },
    })
    // The record says what the version that was refused cost, too.
    const { admission } = await setup.subject.library.get('value_range')
    expect(admission?.checks?.find(({ check }) => check === 'review')).toMatchObject({ ran: 2, refused: 1 })
    expect(admission?.checks?.find(({ check }) => check === 'tests')).toMatchObject({
      ran: 2,
      refused: 0,
      skipped: { evidence: 2 },
    })
  })

  test('and is rejected twice is a candidate also where its tests are found weak', async () => {
    // Plain examples alone see too few of the planted mistakes, and nobody writes better tests.
    const plain = (values: number[], expected: number): object => ({
      name: `plain ${values.join(' ')}`,
      kind: 'example',
      arguments: { values },
      expected,
    })
    const few = { tests: [plain([2, 9], 7), plain([3, 5], 2), plain([1, 8], 7)] }
    const specification = { ...RANGE, examples: [] }
    const step = { ...rangeMake, specification }
    const plan = json({ understanding: 'u', difficulty: 'easy', steps: [step], answer: 'Over {{s1}}.' })
    const { result } = await setup.subject.play(
      [
        { role: 'planner', reply: plan },
        { role: 'tester', reply: json(few) },
        { role: 'coder', reply: rangeCode() },
        { role: 'tester', match: /as far as you know/, reply: json({ tests: [plain([4, 6], 2)] }) },
        reject('it is wrong for NaN'),
        { role: 'coder', reply: rangeCode('float(max(values)) - float(min(values))') },
        reject('it is still wrong for NaN'),
      ],
      setup.request,
    )
    expect(result).toMatchObject({ status: 'succeeded', answer: 'Over 7.5.', made: [{ name: 'value_range' }] })
    const tool = await setup.subject.library.get('value_range')
    expect(tool.state).toBe('candidate')
    expect(tool.stateReason).toContain('still wrong for NaN')
  })

  test('is reviewed with the code of the tools that it imports, as it stands in the library', async () => {
    await setup.subject.play([...makeRange, keep], setup.request)
    const double = {
      ...RANGE,
      name: 'double_range',
      description: 'Twice the range of a list of numbers. ValueError: an empty list.',
      examples: [{ arguments: { values: [1, 4, 2] }, expected: 6 }],
      exampleRequests: ['twice the spread'],
    }
    const step = { ...rangeMake, specification: double }
    const code = block(
      rangeCode('2 * value_range(values)')
        .replace(/^```python\n/, '')
        .replace(/```$/, '')
        .replace('def value_range', 'def double_range')
        .replace('Range of a list', 'Twice the range of a list')
        .replace('Largest less smallest, in', 'Twice the difference, in')
        .replace(/^/, 'from tools import value_range\n\n\n'),
      'python',
    )
    const tests = {
      tests: RANGE_TESTS.tests
        .slice(0, 3)
        .map((one) => ('expected' in one ? { ...one, expected: 2 * Number(one.expected) } : one)),
    }
    const { agent, gateway } = setup.subject.withScript([
      { role: 'planner', reply: json({ understanding: 'u', difficulty: 'easy', steps: [step], answer: '{{s1}}' }) },
      { role: 'tester', reply: json(tests) },
      { role: 'coder', reply: code },
      keep,
      keep,
    ])
    const result = await agent.run(setup.request).result
    expect(result.made, JSON.stringify(result.error)).toMatchObject([{ name: 'double_range' }])
    const review = gateway.calls.find(
      (call) => JSON.stringify(call.messages).includes('from tools import value_range') && call.role === 'reviewer',
    )
    const prompt = JSON.stringify(review?.messages)
    expect(prompt).toContain('Tools of the library that it imports')
    expect(prompt).toContain('return float(max(values) - min(values))')
  })

  test('and is rejected twice answers this request, and is offered to no later one', async () => {
    const { result, events } = await setup.subject.play(
      [
        ...makeRange,
        reject('it is wrong for NaN'),
        { role: 'coder', reply: rangeCode('float(max(values)) - float(min(values))') },
        reject('it is still wrong for NaN'),
      ],
      setup.request,
    )
    expect(result.error).toBeNull()
    expect(result).toMatchObject({ status: 'succeeded', answer: 'The prices spread over **7.50**.' })
    const tool = await setup.subject.library.get('value_range')
    expect(tool).toMatchObject({ state: 'candidate', admission: { review: { verdict: 'reject' } } })
    expect(tool.stateReason).toContain('still wrong for NaN')
    expect(
      eventsOf(events, 'warning')
        .map((event) => event.message)
        .join(),
    ).toContain('candidate')
    const again = await setup.subject.play([{ reply: scriptPlan({ code: 'result(7.5)' }) }], setup.request)
    expect(eventsOf(again.events, 'tools-retrieved')[0]?.candidates).toEqual([])
  })

  test('is kept where the reviewer says nothing that can be used, and the record says so', async () => {
    const chat = (): ScriptedStep => ({ role: 'reviewer', reply: 'Nice code!' })
    await setup.subject.play([...makeRange, chat(), chat()], setup.request)
    expect(await setup.subject.library.get('value_range')).toMatchObject({
      state: 'verified',
      admission: { review: { verdict: 'none' } },
    })
  })

  test('is kept without a review where the budget has no call for it', async () => {
    const { result } = await setup.subject.play(makeRange, setup.request, { budget: { modelCalls: 4 } })
    expect(result).toMatchObject({ status: 'succeeded', usage: { calls: 3 } })
    expect((await setup.subject.library.get('value_range')).admission?.review).toBeNull()
  })

  test('but gives something else each time goes back to its author, with the source', async () => {
    const unsteady = rangeCode(
      'float(max(values) - min(values)) + _noise() * (len(values) > 4)\n\n\ndef _noise() -> float:\n    import random\n\n    return random.random()',
    )
    const { result, events } = await setup.subject.play(
      [
        ...makeRange.slice(0, 2),
        { role: 'coder', reply: unsteady },
        { role: 'coder', match: /random numbers without a seed/, reply: rangeCode() },
        keep,
      ],
      setup.request,
    )
    expect(result.status).toBe('succeeded')
    expect(eventsOf(events, 'tool-checked').map((event) => event.decision)).toEqual(['refuse', 'admit'])
  })
})

describe('tests that do not see mistakes', () => {
  // The range of two numbers, the first the smaller: the last less the first would pass.
  const weak = json({
    tests: [
      { name: 'of two', kind: 'example', arguments: { values: [1, 3] }, expected: 2 },
      { name: 'of three', kind: 'example', arguments: { values: [0, 1, 5] }, expected: 5 },
      { name: 'refuses none', kind: 'error', arguments: { values: [] }, raises: 'ValueError' },
    ],
  })
  const plan = rangePlan.replace('[1, 4, 2]', '[1, 4]').replace(/"values": \[\s*1,\s*4,\s*2\s*\]/, '"values": [1, 4]')
  const wordy = rangeCode(
    'float(_largest(values) - min(values)) if len(values) < 4 else float(max(values) - min(values)) * 1.0 + 0.0 * len(values)\n\n\ndef _largest(values: list[float]) -> float:\n    best = values[0]\n    for value in values[1:]:\n        if value > best:\n            best = value\n    return best',
  )

  test('are strengthened once, by a call that sees inputs but neither the code nor what it gives', async () => {
    const prompts: string[] = []
    const more = json({
      tests: [
        { name: 'does not depend on the order', kind: 'example', arguments: { values: [5, 1, 2] }, expected: 4 },
        { name: 'of five', kind: 'example', arguments: { values: [2, 9, 4, 1, 3] }, expected: 8 },
      ],
    })
    const { result, events } = await setup.subject.play(
      [
        { reply: plan },
        { role: 'tester', reply: weak },
        { role: 'coder', reply: wordy },
        {
          role: 'tester',
          match: (prompt) => {
            prompts.push(prompt)
            return prompt.includes('These tests are too weak')
          },
          reply: more,
        },
        keep,
      ],
      setup.request,
    )
    expect(result.status).toBe('succeeded')
    expect(prompts.at(-1)).toContain('Inputs that no test resembles:')
    expect(prompts.at(-1)).not.toContain('_largest')
    const checks = eventsOf(events, 'tool-checked')
    expect(checks.map((event) => event.decision)).toEqual(['strengthen-tests', 'admit'])
    const tool = await setup.subject.library.get('value_range')
    expect(tool.tests.map((one) => one.name)).toContain('of five')
  })
})

describe('a tool that is there already', () => {
  test('under another name is used before any code is written: it passes the new tests', async () => {
    await setup.subject.play([...makeRange, keep], setup.request)
    const { result, events } = await setup.subject.play(
      renamed('spread_of_values', 'values').slice(0, 2),
      setup.request,
    )
    expect(result).toMatchObject({
      status: 'succeeded',
      answer: 'Over 7.5.',
      made: [],
      reused: [{ name: 'value_range', version: 1 }],
      usage: { calls: 2 },
    })
    expect(eventsOf(events, 'twin-found')).toMatchObject([
      { tool: 'spread_of_values', name: 'value_range', version: 1 },
    ])
    expect(eventsOf(events, 'code-written')).toEqual([])
    expect(await setup.subject.library.count()).toBe(1)
    expect(await setup.subject.library.ledger('value_range')).toMatchObject({ uses: 2, reuses: 1 })
  })

  test('with other names for its parameters is used once the code shows that it does the same', async () => {
    await setup.subject.play([...makeRange, keep], setup.request)
    const { result, events } = await setup.subject.play(renamed('spread_of_numbers', 'numbers'), setup.request)
    expect(result).toMatchObject({ answer: 'Over 7.5.', made: [], reused: [{ name: 'value_range' }] })
    expect(eventsOf(events, 'tool-checked')).toMatchObject([{ decision: 'reuse' }])
    expect(await setup.subject.library.count()).toBe(1)
  })

  test('stands in for the new one in the other steps of the plan', async () => {
    await setup.subject.play([...makeRange, keep], setup.request)
    const [plan, ...rest] = renamed('spread_of_numbers', 'numbers')
    const steps = [
      { id: 's2', decision: 'reuse', tool: 'spread_of_numbers', goal: 'again', arguments: { numbers: [1, 9] } },
      { id: 's3', decision: 'script', goal: 'in code', uses: ['spread_of_numbers'], needs: ['s1'] },
    ]
    const first = JSON.parse(String(plan?.reply).replaceAll('```json', '').replaceAll('```', '')) as { steps: object[] }
    const whole = json({ ...first, steps: [...first.steps, ...steps], answer: '{{s1}} {{s2}} {{s3}}' })
    const script = block('from tools import spread_of_numbers\nresult(spread_of_numbers(numbers=[2, 5]))', 'python s3')
    const { result } = await setup.subject.play(
      [{ role: 'planner', reply: `${whole}\n${script}` }, ...rest],
      setup.request,
    )
    expect(result).toMatchObject({ status: 'succeeded', answer: '7.5 8 3', made: [] })
  })

  test('is not taken for one that does something else: both are kept', async () => {
    await setup.subject.play([...makeRange, keep], setup.request)
    const half = renamed('half_range', 'values').map((step) => ({
      ...step,
      reply: String(step.reply)
        .replaceAll('Largest less smallest', 'Half of largest less smallest')
        .replace('"expected": 3', '"expected": 1.5')
        .replace('"expected": 5', '"expected": 2.5')
        .replace('float(max(values) - min(values))', '(max(values) - min(values)) / 2'),
    }))
    const { result } = await setup.subject.play([...half, keep], setup.request)
    expect(result).toMatchObject({ answer: 'Over 3.75.', made: [{ name: 'half_range' }], reused: [] })
    expect((await setup.subject.library.get('half_range')).admission?.neighbours).toMatchObject([
      { name: 'value_range', version: 1, verdict: 'fails' },
    ])
    expect(await setup.subject.library.count()).toBe(2)
  })
})

describe('the value of the request that a tool was made for', () => {
  test('is one of its tests', async () => {
    await setup.subject.play([...makeRange, keep], setup.request)
    const { tests } = await setup.subject.library.get('value_range')
    expect(tests.at(-1)).toMatchObject({ kind: 'example', arguments: { values: [10, 17.5, 12] }, expected: 7.5 })
  })

  test('stays out of the tool, with the words of the request, where requests are not to be kept', async () => {
    const { result } = await setup.subject.play([...makeRange, keep], setup.request, { keepRequests: false })
    expect(result.status).toBe('succeeded')
    const tool = await setup.subject.library.get('value_range')
    expect(tool.tests).toHaveLength(RANGE_TESTS.tests.length + 1)
    expect(tool.provenance).toMatchObject({ request: null, runId: result.runId })
    expect(JSON.stringify(tool)).not.toMatch(/17\.5|fromRequest/)
  })

  test('is named with its size and hash where it is too large for a test', async () => {
    const rows = Array.from({ length: 4000 }, (_, index) => `d,${index}.25`).join('\n')
    const files = [await setup.subject.file('prices.csv', `day,price\n${rows}\n`)]
    await setup.subject.play([...makeRange, keep], { ...setup.request, files })
    const { tests, admission } = await setup.subject.library.get('value_range')
    expect(tests).toHaveLength(5)
    expect(admission?.droppedTests).toMatchObject([
      { reason: expect.stringMatching(/\d+ bytes \(sha256 [0-9a-f]{16}/) },
    ])
  })
})

describe('a thorough admission', () => {
  const second = (tests: object[]): ScriptedStep => ({
    role: 'tester',
    match: (prompt) =>
      prompt.includes('You work out what a tool has to give') &&
      prompt.includes('{"values":[-2.5,2.5]}') &&
      !/"expected": ?5\b/.test(prompt.split('# Cases')[1] ?? ''),
    reply: json({ tests }),
  })
  const another = { name: 'of four', kind: 'example', arguments: { values: [3, 9, 4, 1] }, expected: 8 }
  const withAnother = rangeTests.replace(json(RANGE_TESTS), json({ tests: [...RANGE_TESTS.tests, another] }))
  const case1 = { name: 'case 1', kind: 'example', arguments: { values: [1, 4, 2] }, expected: 3 }

  test('has the expected values worked out twice and drops what the two calls disagree on', async () => {
    const disputed = [case1, { name: 'case 2', kind: 'example', arguments: { values: [7] }, expected: 7 }]
    const { result, events } = await setup.subject.play(
      [makeRange[0] ?? keep, { role: 'tester', reply: withAnother }, second(disputed), ...makeRange.slice(2), keep],
      setup.request,
      { admission: 'thorough' },
    )
    expect(result).toMatchObject({ status: 'succeeded', usage: { calls: 5 } })
    expect(eventsOf(events, 'tests-written')[0]?.dropped).toMatchObject([
      { name: 'one number has no range', reason: expect.stringContaining('two independent calls disagree') },
    ])
    const tool = await setup.subject.library.get('value_range')
    expect(tool.tests.map(({ name }) => name)).not.toContain('one number has no range')
    expect(tool.admission?.droppedTests).toMatchObject([{ name: 'one number has no range' }])
    expect(eventsOf(events, 'model-called').at(-1)).toMatchObject({ purpose: 'review-tool', tier: 'strong' })
  })

  test('makes no tool of a specification on which they disagree altogether', async () => {
    const disputed = [
      { ...case1, expected: 2 },
      { name: 'case 2', kind: 'example', arguments: { values: [7] }, expected: 7 },
      { name: 'case 3', kind: 'example', arguments: { values: [-2.5, 2.5] }, expected: 0 },
    ]
    const withoutProperty = json({ tests: RANGE_TESTS.tests.filter(({ kind }) => kind !== 'property') })
    const { result } = await setup.subject.play(
      [
        { reply: rangePlan },
        { role: 'tester', reply: withoutProperty },
        second(disputed),
        {
          role: 'planner',
          match: /leaves open what the tool gives/,
          reply: scriptPlan({ code: 'result(7.5)', over: { id: 's2' }, answer: '{{s2}}' }).replace(
            'python s1',
            'python s2',
          ),
        },
      ],
      setup.request,
      { admission: 'thorough' },
    )
    expect(result).toMatchObject({ status: 'succeeded', answer: '7.5', made: [] })
  })
})
