import { describe, expect, test } from 'vitest'
import type { Execution } from '../../../src/contracts/sandbox.ts'
import type { NewTool, ToolTest, ToolVersion } from '../../../src/contracts/tool.ts'
import type { ScriptedStep } from '../../../src/testing/index.ts'
import { newTool } from '../../library/support/library.ts'
import { eventsOf, openTestAgent } from '../open-test-agent.ts'
import { json, makeRange, rangeCode, rangeMake, rangePlan, rangeTests, scriptPlan } from '../scripted-replies.ts'
import { useTestAgent } from '../use-test-agent.ts'

// Each test has a library of its own.
const setup = useTestAgent({ each: true })

const codeIn = (reply: string): string => reply.replace(/^```python\n/, '').replace(/```$/, '')

const isUse = ({ artifactsFolder }: Execution): boolean => artifactsFolder !== undefined

/** What another run saves under the same name while this one is under way. */
function rival(expression: string, tests: ToolTest[]): NewTool {
  const values = { type: 'array', items: { type: 'number' }, description: 'The numbers.' }
  return newTool('value_range', {
    code: codeIn(rangeCode(expression)),
    tests,
    inputSchema: { type: 'object', properties: { values }, required: ['values'], additionalProperties: false },
    outputSchema: { type: 'number', description: 'Largest less smallest.' },
  })
}

const WIDE: ToolTest = { name: 'wide', kind: 'example', arguments: { values: [0, 1000, 10] }, expected: 1000 }
const ODD: ToolTest = { name: 'odd', kind: 'example', arguments: { values: [0, 1000, 10] }, expected: 999 }

/** Saves the rival's tool when the coder is asked, which is after this run has planned and before it saves. */
function overtakenBy(tool: NewTool): ScriptedStep[] {
  const [planner, tester] = makeRange
  if (planner === undefined || tester === undefined) throw new TypeError('There are three steps')
  const reply = async (): Promise<string> => {
    await setup.subject.library.save(tool)
    return rangeCode('float(max(values)) - float(min(values))')
  }
  return [planner, tester, { role: 'coder', reply }]
}

describe('a tool that was made', () => {
  test('is in the library before its first use, and gets that use as a test afterwards', async () => {
    let atFirstUse = null as ToolVersion | null
    const { sandbox } = setup
    const watched = await openTestAgent(async () => ({
      ...sandbox,
      guarantees: sandbox.guarantees,
      close: () => Promise.resolve(),
      execute: async (execution: Execution) => {
        if (isUse(execution)) atFirstUse = await watched.library.find('value_range')
        return sandbox.execute(execution)
      },
    }))
    try {
      const files = [await watched.file('prices.csv', 'day,price\n1,10\n2,17.5\n3,12\n')]
      const { result } = await watched.play(makeRange, { text: 'How far do the prices spread?', files })
      expect(result.status).toBe('succeeded')
      expect(atFirstUse).toMatchObject({ version: 1, state: 'verified' })
      expect(atFirstUse?.tests).toHaveLength(5)
      const kept = await watched.library.get('value_range')
      expect(kept.version).toBe(1)
      expect(kept.tests).toHaveLength(6)
      expect(await watched.library.ledger('value_range')).toMatchObject({ uses: 1, successes: 1 })
    } finally {
      await watched.close()
    }
  })

  test('stays in the library where its first use fails, and the failure is known to a repair', async () => {
    const broken = rangeCode('float(max(values) - min(values)) if len(values) != 3 or values[0] != 10 else values["x"]')
    const steps: ScriptedStep[] = [
      { role: 'planner', reply: rangePlan },
      { role: 'tester', reply: rangeTests },
      { role: 'coder', reply: broken },
      { role: 'planner', reply: scriptPlan({ code: 'result(1)' }) },
    ]
    await setup.subject.play(steps, setup.request)
    const { library } = setup.subject
    expect((await library.get('value_range')).tests).toHaveLength(5)
    expect(await library.failures('value_range', 1, 9)).toMatchObject([{ fault: 'tool', cause: 'error: TypeError' }])
    const { agent, gateway } = setup.subject.withScript([{ role: 'coder', reply: rangeCode() }])
    const repaired = await agent.repair({ name: 'value_range' }).result
    expect(repaired.answer).toContain('version 2 repairs version 1')
    expect(JSON.stringify(gateway.calls[0]?.messages)).toContain('It failed on ')
  })
})

describe('a name that another run took in the meantime', () => {
  test('keeps its version, where the new one does not pass its tests', async () => {
    const { result, events } = await setup.subject.play(
      overtakenBy(rival('float(max(values) - min(values)) - (max(values) == 1000)', [ODD])),
      setup.request,
    )
    // The run has its answer all the same.
    expect(result).toMatchObject({ status: 'succeeded', made: [{ name: 'value_range', version: 2 }] })
    const { library } = setup.subject
    expect(await library.findUsable('value_range')).toMatchObject({ version: 1 })
    const second = await library.get('value_range', 2)
    expect(second).toMatchObject({
      state: 'candidate',
      stateReason: expect.stringContaining('does not hold what version 1 held: Test "odd"'),
    })
    expect(eventsOf(events, 'warning').at(-1)?.message).toContain('is a candidate')
  })

  test('goes to the new version, where that passes the tests of both', async () => {
    await setup.subject.play(overtakenBy(rival('float(max(values) - min(values))', [WIDE])), setup.request)
    const current = await setup.subject.library.get('value_range')
    expect(current).toMatchObject({ version: 2, state: 'verified' })
    expect(current.tests).toContainEqual(WIDE)
  })

  test.each([
    ['does not pass its tests', ODD, 'float(max(values) - min(values)) - (max(values) == 1000)', 1],
    ['passes them as well', WIDE, 'float(max(values) - min(values))', 2],
  ])('is held against it also in the last moment: the new one %s', async (_, test, expression, current) => {
    const { sandbox } = setup
    let isFirst = true
    const base = setup.subject.library
    // The other run saves between this one's last look and its own saving.
    const library = new Proxy(base, {
      get(target, key) {
        if (key !== 'save') {
          const value = Reflect.get(target, key) as unknown
          return typeof value === 'function' ? value.bind(target) : value
        }
        return async (tool: NewTool) => {
          if (isFirst) await base.save(rival(expression, [test]))
          isFirst = false
          return base.save(tool)
        }
      },
    })
    const late = await openTestAgent(() => Promise.resolve(sandbox), { library })
    try {
      const steps = [
        ...makeRange.slice(0, 2),
        { role: 'coder' as const, reply: rangeCode('float(max(values)) - float(min(values))') },
      ]
      const { result } = await late.play(steps, setup.request)
      expect(result).toMatchObject({ status: 'succeeded', made: [{ version: 2 }] })
      expect(await base.findUsable('value_range')).toMatchObject({ version: current })
      expect((await base.get('value_range', 2)).state).toBe(current === 2 ? 'verified' : 'candidate')
    } finally {
      await late.close()
    }
  })

  test('is noticed by the store itself, when the other one was quicker by a moment', async () => {
    const { library } = setup.subject
    await library.save(rival('float(max(values) - min(values))', [WIDE]))
    const late = rival('float(sorted(values)[-1] - sorted(values)[0])', [ODD])
    expect(await library.save({ ...late, heldAgainst: 0 })).toMatchObject({
      version: 2,
      state: 'candidate',
      stateReason: expect.stringContaining('version 1 was saved while this one was being verified'),
    })
    expect(await library.get('value_range')).toMatchObject({ version: 1 })
    // A version that was held against the newest one takes its place.
    expect(await library.save({ ...rival('0.0', [WIDE]), heldAgainst: 2 })).toMatchObject({
      version: 3,
      state: 'verified',
    })
    expect(await library.get('value_range')).toMatchObject({ version: 3 })
  })
})

describe('the same words again', () => {
  test('about another file make a tool, like any second request', async () => {
    const FIRST = scriptPlan({
      code: 'import pandas as pd\n\nprices = pd.read_csv("/box/input/prices.csv")["price"]\nresult({"spread": float(prices.max() - prices.min())})',
      answer: 'Over {{s1.spread}}.',
    })
    await setup.subject.play([{ reply: FIRST }], setup.request)
    const files = [await setup.subject.file('june.csv', 'day,price\n2024-06-01,3\n2024-06-02,5\n')]
    const step = {
      ...rangeMake,
      arguments: { values: { $column: { file: 'june.csv', name: 'price' } } },
      from: [{ script: 'p1', arguments: { values: [10, 17.5, 12] }, path: 'spread' }],
    }
    const plan = json({ understanding: 'u', difficulty: 'easy', steps: [step], answer: 'Over {{s1}}.' })
    const { result, events } = await setup.subject.play(
      [
        { role: 'planner', match: (prompt) => prompt.includes('Program `p1`'), reply: plan },
        { role: 'tester', reply: rangeTests },
        { role: 'coder', reply: rangeCode() },
      ],
      { text: setup.request.text, files },
    )
    expect(result).toMatchObject({ status: 'succeeded', answer: 'Over 2.', made: [{ name: 'value_range' }] })
    expect(eventsOf(events, 'instances-found')).toHaveLength(1)
  })

  test('and again with other spaces and cases count as one program', async () => {
    for (const text of ['What is the total?', 'what is  the TOTAL?']) {
      await setup.subject.play([{ reply: scriptPlan({ code: 'result(3)' }) }], { ...setup.request, text })
    }
    const { events } = await setup.subject.play([{ reply: scriptPlan({ code: 'result(3)' }) }], {
      ...setup.request,
      text: 'What is the total?',
    })
    expect(eventsOf(events, 'instances-found')[0]?.scripts).toHaveLength(1)
  })
})
