import { describe, expect, test } from 'vitest'
import { openAdmissionGate } from '../../../src/app/open-admission-gate.ts'
import type { RepairOptions } from '../../../src/contracts/agent.ts'
import type { RunEvent } from '../../../src/contracts/events.ts'
import type { RunResult } from '../../../src/contracts/run.ts'
import type { NewTool, ToolTest } from '../../../src/contracts/tool.ts'
import type { ScriptedGateway, ScriptedStep } from '../../../src/testing/index.ts'
import { newTool } from '../../library/support/library.ts'
import { sampleUse } from '../../store/support/samples.ts'
import { RANGE_MODULE_INPUT, RANGE_MODULE_TESTS, rangeModule } from '../../support/range-module.ts'
import { eventsOf } from '../open-test-agent.ts'
import { block, json } from '../scripted-replies.ts'
import { useTestAgent } from '../use-test-agent.ts'

const SLOW = { timeout: 240_000 }

const setup = useTestAgent({ each: true, over: { admission: openAdmissionGate() }, keepCalls: true })

/** Breaks for one negative number, which no test looks at. */
const BROKEN = rangeModule(
  'return max(values) - min(values) if len(values) > 1 or values[0] >= 0 else values["</data> x"]',
)
const GOOD = rangeModule('ordered = sorted(values)\n    return ordered[-1] - ordered[0]')

const accept: ScriptedStep = { role: 'reviewer', match: /You review one tool/, reply: json({ verdict: 'keep' }) }
const write = (code: string, step: Partial<ScriptedStep> = {}): ScriptedStep => {
  return { role: 'coder', reply: block(code, 'python'), costUsd: 0.25, ...step }
}

async function save(code: string, changes: Partial<NewTool> = {}): Promise<number> {
  const description = 'Difference between the largest and the smallest value.'
  const outputSchema = { type: 'number', description: 'The range.' }
  const tool = newTool('value_range', {
    code,
    tests: RANGE_MODULE_TESTS,
    inputSchema: RANGE_MODULE_INPUT,
    outputSchema,
    description,
    ...changes,
  })
  return (await setup.subject.library.save(tool)).version
}

/** A real run that reuses the tool with these numbers, and fails with it. */
async function failWith(values: number[]): Promise<void> {
  const reuse = { id: 's1', decision: 'reuse', goal: 'Range', needs: [], tool: 'value_range', arguments: { values } }
  const plan = json({ understanding: 'u', difficulty: 'easy', steps: [reuse], answer: '{{s1}}' })
  const { result } = await setup.subject.play(
    Array.from({ length: 3 }, () => ({ role: 'planner', reply: plan })),
    'How far do they spread?',
  )
  expect(result.status).toBe('failed')
}

interface Repaired {
  result: RunResult
  events: RunEvent[]
  gateway: ScriptedGateway
}

async function repair(steps: ScriptedStep[], options: RepairOptions = {}, version?: number): Promise<Repaired> {
  const { agent, gateway } = setup.subject.withScript(steps)
  const run = agent.repair({ name: 'value_range', ...(version === undefined ? {} : { version }) }, options)
  const events: RunEvent[] = []
  for await (const event of run) events.push(event)
  const result = await run.result
  gateway.assertFinished()
  return { result, events, gateway }
}

const promptOf = ({ gateway }: Repaired, call: number): string =>
  gateway.calls[call]?.messages.map(({ content }) => content).join('\n') ?? ''

describe('a tool that fails', () => {
  test('is written anew by who sees code, input and error; it becomes the current version', SLOW, async () => {
    await save(BROKEN)
    await failWith([-3])
    const call = { arguments: { values: [2, 8] }, value: 6 }
    await setup.subject.library.recordUse(sampleUse('value_range', { inputHash: 'a', call }))
    const repaired = await repair([write(GOOD), accept])
    expect(repaired.result).toMatchObject({
      status: 'succeeded',
      made: [{ name: 'value_range', version: 2, saved: true }],
      answer: 'value_range version 2 repairs version 1: passed its 4 tests and gave 1 of its past values again.',
    })
    const prompt = promptOf(repaired, 0)
    expect(prompt).toContain('values["</data> x"]')
    expect(prompt).toContain('<data from="arguments">\n{"values":[-3]}\n</data>')
    expect(prompt).toContain('TypeError')
    // The author is not shown the tests.
    expect(prompt).not.toContain('-1.5')
    const { library } = setup.subject
    expect(await library.get('value_range')).toMatchObject({
      version: 2,
      state: 'verified',
      tests: RANGE_MODULE_TESTS,
      provenance: { runId: repaired.result.runId, model: 'scripted/model', repairs: 0, costUsd: 0.25 },
      admission: { review: { verdict: 'accept' } },
    })
    expect((await library.ledgers('value_range'))[1]).toMatchObject({ version: 2, madeCostUsd: 0.25 })
    expect((await library.changes('value_range')).at(-1)).toMatchObject({ kind: 'current', version: 2, by: 'handaxe' })
    // The old version stays, and its calls go on being held against the next one.
    expect(await library.get('value_range', 1)).toMatchObject({ code: BROKEN })
    expect(await library.keptCalls('value_range', 2)).toMatchObject([call])
    expect(await setup.subject.store.journal.findRun(repaired.result.runId)).toMatchObject({
      request: 'Repair the tool value_range',
      status: 'succeeded',
    })
  })

  test('what still fails for the recorded input, or fails an old test, goes back to the author', SLOW, async () => {
    await save(BROKEN)
    await failWith([-3])
    const stillBroken = rangeModule('return max(values) - min(values) if values[0] != -3 else [][1]')
    const wrong = rangeModule('return max(values)')
    const repaired = await repair([write(BROKEN), write(stillBroken), write(wrong), write(GOOD), accept])
    expect(repaired.result).toMatchObject({ status: 'succeeded', made: [{ version: 2 }] })
    expect(promptOf(repaired, 1)).toContain('The code is the same as before')
    expect(promptOf(repaired, 2)).toContain(`It still fails for {"values":[-3]}: it ended with 'error', IndexError`)
    expect(promptOf(repaired, 3)).toContain('Test "three"')
    expect((await setup.subject.library.get('value_range')).provenance).toMatchObject({ repairs: 3, costUsd: 1 })
  })

  test('an input that the new version refuses by an error that it announces is no failure', SLOW, async () => {
    await save(BROKEN)
    await failWith([-3])
    const refusing = rangeModule(
      'if len(values) == 1 and values[0] < 0:\n        raise ValueError("one negative value has no range")\n    return max(values) - min(values)',
    )
    // The planted faults show that no test looks there: one is written, by who does not see the code.
    const more: ToolTest[] = [
      { name: 'zero', kind: 'example', arguments: { values: [0] }, expected: 0 },
      { name: 'minus one', kind: 'error', arguments: { values: [-1] }, raises: 'ValueError' },
    ]
    const tester: ScriptedStep = { role: 'tester', reply: json({ tests: more }) }
    const { result } = await repair([write(refusing), tester, accept])
    expect(result).toMatchObject({ status: 'succeeded', made: [{ version: 2 }] })
    expect((await setup.subject.library.get('value_range')).tests).toMatchObject([...RANGE_MODULE_TESTS, ...more])
  })

  test('stays what it is where past values would change; the new text is a candidate for a person', SLOW, async () => {
    await save(BROKEN)
    await failWith([-3])
    const call = { arguments: { values: [-5, 0] }, value: 5 }
    await setup.subject.library.recordUse(sampleUse('value_range', { inputHash: 'a', call }))
    const other = rangeModule('return max(values) - min(values) if -5 not in values else 7.0')
    const { result } = await repair(Array.from({ length: 4 }, () => write(other)))
    expect(result).toMatchObject({
      status: 'failed',
      made: [{ version: 2 }],
      error: { code: 'tool_rejected', hint: expect.stringContaining('tools verify value_range@2 --accept') },
    })
    const { library } = setup.subject
    expect(await library.get('value_range', 2)).toMatchObject({ state: 'candidate' })
    expect((await library.get('value_range', 2)).stateReason).toContain('expected 5, got 7')
    expect((await library.get('value_range')).version).toBe(1)
  })

  test('is told to be unrepaired where nothing passes, and nothing is saved', SLOW, async () => {
    await save(BROKEN)
    await setup.subject.library.setState('value_range', 1, 'quarantined', 'failed 3 times in a row')
    const bad = ['max(values)', 'min(values)', '0.0', '1.0'].map((body) => write(rangeModule(`return ${body}`)))
    const { result, gateway } = await repair(bad)
    expect(result).toMatchObject({ status: 'failed', made: [], error: { code: 'tool_rejected' } })
    expect(result.error?.message).toContain('Test "three"')
    expect(gateway.calls[0]?.messages[0]?.content).toContain('It is quarantined: failed 3 times in a row.')
    expect((await setup.subject.library.record('value_range')).versions).toHaveLength(1)
  })

  test(
    'holds what the version in use holds as well, and the quarantined one is meant without a number',
    SLOW,
    async () => {
      const [first, ...others] = RANGE_MODULE_TESTS
      await save(GOOD, { tests: first === undefined ? [] : [first] })
      await save(BROKEN, { tests: others })
      await setup.subject.library.setState('value_range', 2, 'quarantined', 'failed')
      const code = rangeModule('low, *_, high = [*sorted(values), max(values)]\n    return high - low')
      const { result } = await repair([write(code), accept])
      expect(result.answer).toContain('version 3 repairs version 2')
      const { tests } = await setup.subject.library.get('value_range')
      expect(tests.map(({ name }) => name).toSorted()).toEqual(['negative', 'none', 'one', 'three'])
    },
  )

  test('costs no more than it may', SLOW, async () => {
    await save(BROKEN, { state: 'quarantined' })
    const bad = write(rangeModule('return max(values)'), { costUsd: 0.3 })
    const { result } = await repair(
      [bad, bad].map((step) => ({ ...step })),
      { budget: { costUsd: 0.5 } },
    )
    expect(result).toMatchObject({ status: 'budget-exceeded', made: [], error: { code: 'budget_cost' } })
    expect(result.usage.costUsd).toBeCloseTo(0.6)
  })
})

describe('a failure whose run this journal does not have', () => {
  test('is a failure all the same: the cause that the ledger has goes to the author', SLOW, async () => {
    await save(GOOD)
    const use = { runId: 'run-of-another-machine', outcome: 'failure' as const, cause: 'error: ZeroDivisionError' }
    await setup.subject.library.recordUse(sampleUse('value_range', { ...use, fault: 'tool' }))
    const repaired = await repair([write(rangeModule('top = max(values)\n    return top - min(values)')), accept])
    expect(repaired.result).toMatchObject({ status: 'succeeded', made: [{ version: 2 }] })
    expect(promptOf(repaired, 0)).toMatch(/It failed on \d{4}-\d\d-\d\d \(error: ZeroDivisionError\)/)
  })

  test('is told once for each cause, beside failures that the journal knows', SLOW, async () => {
    await save(BROKEN)
    await failWith([-3])
    for (const cause of ['error: KeyError', 'error: KeyError', 'timeout']) {
      const use = { runId: `gone-${cause}`, outcome: 'failure' as const, cause, fault: 'tool' as const }
      await setup.subject.library.recordUse(sampleUse('value_range', use))
    }
    await setup.subject.library.setState('value_range', 1, 'quarantined', 'failed')
    const repaired = await repair([write(GOOD), accept])
    const prompt = promptOf(repaired, 0)
    expect(prompt.match(/\(error: KeyError\)/g)).toHaveLength(1)
    expect(prompt).toContain('(timeout)')
    expect(prompt).toContain('{"values":[-3]}')
  })
})

describe('a tool of which nothing bad is known', () => {
  test('is not sent to a model', SLOW, async () => {
    await save(GOOD)
    const { result, gateway } = await repair([])
    expect(result.error).toMatchObject({ code: 'tool_rejected', hint: expect.stringContaining('--reason') })
    expect(gateway.calls).toHaveLength(0)
  })

  test('is repaired for the reason that a person gives', SLOW, async () => {
    await save(BROKEN)
    const repaired = await repair([write(GOOD), accept], { reason: 'one negative number breaks it' })
    expect(repaired.result.status).toBe('succeeded')
    expect(promptOf(repaired, 0)).toContain('Who asks for the repair says: one negative number breaks it')
    expect(eventsOf(repaired.events, 'tool-saved')).toMatchObject([{ version: 2 }])
  })

  test('that is not there is an error', SLOW, async () => {
    expect((await repair([])).result.error).toMatchObject({ code: 'unknown_tool' })
  })
})
