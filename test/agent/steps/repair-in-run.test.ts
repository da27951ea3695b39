import { describe, expect, test } from 'vitest'
import { openAdmissionGate } from '../../../src/app/open-admission-gate.ts'
import type { ToolTest } from '../../../src/contracts/tool.ts'
import type { ScriptedStep } from '../../../src/testing/index.ts'
import { sampleUse } from '../../store/support/samples.ts'
import { newTool } from '../../library/support/library.ts'
import { eventsOf } from '../open-test-agent.ts'
import { json, makeRange, rangeCode, rangeMake, rangeTests } from '../scripted-replies.ts'
import { useTestAgent } from '../use-test-agent.ts'

const SLOW = { timeout: 240_000 }

const setup = useTestAgent({ each: true, over: { admission: openAdmissionGate() }, keepCalls: true })

const keep: ScriptedStep = { role: 'reviewer', match: /You review one tool/, reply: json({ verdict: 'keep' }) }

const codeIn = (reply: string): string => reply.replace(/^```python\n/, '').replace(/```$/, '')

const TESTS: ToolTest[] = [
  { name: 'spread', kind: 'example', arguments: { values: [1, 4, 2] }, expected: 3 },
  { name: 'below zero', kind: 'example', arguments: { values: [-2, 2] }, expected: 4 },
  { name: 'one', kind: 'example', arguments: { values: [3] }, expected: 0 },
  { name: 'none', kind: 'error', arguments: { values: [] }, raises: 'ValueError' },
]

/** The library has `value_range`, which was taken out of use. */
async function withQuarantined(expression: string, tests: ToolTest[] = TESTS): Promise<void> {
  const values = { type: 'array', items: { type: 'number' }, description: 'The numbers.' }
  const description = 'Range of a list of numbers: largest less smallest.'
  const tool = newTool('value_range', {
    code: codeIn(rangeCode(expression)),
    tests,
    description,
    summary: description,
    inputSchema: { type: 'object', properties: { values }, required: ['values'], additionalProperties: false },
    outputSchema: { type: 'number', description: 'Largest less smallest, in the unit of the values.' },
  })
  await setup.subject.library.save(tool)
  await setup.subject.library.setState('value_range', 1, 'quarantined', 'failed 3 times in a row')
}

/** What the planner and the tester say where the tool is to be called `spread_of_values`. */
function otherName(): ScriptedStep[] {
  const rename = (text: string): string => text.replaceAll('value_range', 'spread_of_values')
  const step = JSON.parse(rename(JSON.stringify(rangeMake))) as object
  const plan = json({ understanding: 'u', difficulty: 'easy', steps: [step], answer: 'Over {{s1}}.' })
  return [
    { role: 'planner', reply: plan },
    { role: 'tester', reply: rename(rangeTests) },
  ]
}

const REPAIRED = 'float(sorted(values)[-1] - sorted(values)[0])'

describe('a run that needs what a quarantined tool does', () => {
  test('has it repaired instead of making it again under another name', SLOW, async () => {
    await withQuarantined('float(max(values) - min(values) if sum(values) < 1e6 else values["x"])')
    const steps = [...otherName(), { role: 'coder', reply: rangeCode(REPAIRED) } as const, keep]
    const { result, events } = await setup.subject.play(steps, setup.request)
    expect(result).toMatchObject({
      status: 'succeeded',
      answer: 'Over 7.5.',
      made: [{ name: 'value_range', version: 2, saved: true }],
      reused: [],
    })
    expect(eventsOf(events, 'warning')[0]?.message).toContain('is repaired instead of made twice')
    const { library } = setup.subject
    expect(await library.count()).toBe(1)
    expect(await library.get('value_range')).toMatchObject({ version: 2, state: 'verified', tests: TESTS })
    expect((await library.ledgers('value_range'))[1]).toMatchObject({ uses: 1, successes: 1, reuses: 0 })
  })

  test('makes it anew where it cannot be repaired', SLOW, async () => {
    // No code can pass its tests.
    const [first, ...others] = TESTS
    if (first?.kind !== 'example') throw new TypeError('The first test is an example')
    await withQuarantined('float(max(values) - min(values))', [
      first,
      { ...first, name: 'odd', expected: 8 },
      ...others,
    ])
    const bad = ['0.0', '1.0', '2.0', '5.0'].map((value): ScriptedStep => ({ role: 'coder', reply: rangeCode(value) }))
    const good = rangeCode().replaceAll('value_range', 'spread_of_values')
    const steps = [...otherName(), ...bad, ...otherName(), { role: 'coder', reply: good } as const, keep]
    const { result } = await setup.subject.play(steps, setup.request)
    expect(result).toMatchObject({ status: 'succeeded', made: [{ name: 'spread_of_values', version: 1 }] })
    expect((await setup.subject.library.record('value_range')).versions).toHaveLength(1)
  })
})

describe('a tool that is made under the name of a quarantined one', () => {
  test('holds its tests and kept calls, and takes its place', SLOW, async () => {
    await withQuarantined('float(max(values) - min(values) + (len(values) == 1))')
    const call = { arguments: { values: [2, 8] }, value: 6 }
    await setup.subject.library.recordUse(sampleUse('value_range', { inputHash: 'a', call }))
    const { result } = await setup.subject.play([...makeRange, keep], setup.request)
    expect(result).toMatchObject({ status: 'succeeded', made: [{ name: 'value_range', version: 2 }] })
    const { tests, state } = await setup.subject.library.get('value_range')
    expect(state).toBe('verified')
    expect(tests).toEqual(expect.arrayContaining(TESTS))
  })

  test('is a candidate where it does something else', SLOW, async () => {
    await withQuarantined('float(max(values) - min(values) + (len(values) == 1))')
    const call = { arguments: { values: [2, 8] }, value: 16 }
    await setup.subject.library.recordUse(sampleUse('value_range', { inputHash: 'a', call }))
    const { result } = await setup.subject.play([...makeRange, keep], setup.request)
    expect(result.answer).toContain('7.50')
    expect(await setup.subject.library.get('value_range', 2)).toMatchObject({
      state: 'candidate',
      stateReason: expect.stringContaining('does not hold what version 1 held: The call {"values":[2,8]}'),
    })
    expect(await setup.subject.library.findUsable('value_range')).toBeNull()
  })
})
