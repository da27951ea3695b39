import { beforeAll, describe, expect, test } from 'vitest'
import type { NewTool } from '../../../src/contracts/tool.ts'
import { eventsOf } from '../open-test-agent.ts'
import { block, json } from '../scripted-replies.ts'
import { useTestAgent } from '../use-test-agent.ts'

const setup = useTestAgent()

const tool = (over: Partial<NewTool> & Pick<NewTool, 'name' | 'code'>): NewTool => ({
  function: over.name,
  language: 'python',
  summary: `Gives the ${over.name.replaceAll('_', ' ')} of numbers.`,
  description: '',
  inputSchema: {
    type: 'object',
    properties: { values: { type: 'array', items: { type: 'number' } }, window: { type: 'integer', default: 2 } },
    required: ['values'],
    additionalProperties: false,
  },
  outputSchema: { type: 'number' },
  imports: [],
  uses: [],
  whenToUse: '',
  exampleRequests: [],
  tests: [],
  provenance: {
    runId: null,
    model: null,
    createdAt: '2024-01-01T00:00:00.000Z',
    source: 'imported',
    request: null,
    repairs: 0,
    tokens: 50_000,
    costUsd: null,
  },
  state: 'verified',
  ...over,
})

beforeAll(async () => {
  const { library } = setup.subject
  await library.save(
    tool({ name: 'sum_of_last', code: 'def sum_of_last(values, window=2):\n    return sum(values[-window:])' }),
  )
  await library.save(
    tool({ name: 'wrong_type', code: 'def wrong_type(values, window=2):\n    return str(len(values))' }),
  )
  await library.save(
    tool({ name: 'always_raises', code: 'def always_raises(values, window=2):\n    raise KeyError("gone")' }),
  )
  await library.save(tool({ name: 'hidden', code: 'def hidden(values):\n    return 1.0', state: 'quarantined' }))
})

const column = { $column: { file: 'prices.csv', name: 'price' } }
const plan = (name: string, args: object, id = 's1'): string =>
  json({
    understanding: 'u',
    difficulty: 'easy',
    steps: [{ id, decision: 'reuse', tool: name, goal: 'g', arguments: args }],
    answer: `{{${id}}}`,
  })
const giveUp = json({ understanding: 'u', difficulty: 'easy', steps: [], answer: 'It could not be done.' })

describe('a tool that is reused', () => {
  test('gets its arguments bound and brought to its types', async () => {
    const { result } = await setup.subject.play(
      [{ reply: plan('sum_of_last', { values: column, window: '3' }) }],
      setup.request,
    )
    expect(result).toMatchObject({ answer: '39.5', usage: { calls: 1, executions: 1 } })
    const ledger = await setup.subject.library.ledger('sum_of_last')
    expect(ledger).toMatchObject({ uses: 1, successes: 1, reuses: 1 })
    // No run was solved by a script yet: a script would have been as long as the tool, however dear its making was.
    expect(ledger.tokensSaved).toBe(17)
  })

  test('with arguments that do not fit is not run; the planner is told exactly what is wrong', async () => {
    const before = await setup.subject.library.ledger('sum_of_last')
    const { result, events } = await setup.subject.play(
      [
        { reply: plan('sum_of_last', { values: { $column: { file: 'prices.csv', name: 'day' } }, window: 2.5 }) },
        {
          role: 'planner',
          match: /was not run: its arguments do not fit[\s\S]*arguments\.values\[0\] must be number/,
          reply: plan('sum_of_last', { values: column }, 's2'),
        },
      ],
      setup.request,
    )
    expect(result).toMatchObject({ answer: '29.5', usage: { calls: 2, executions: 1 } })
    expect(eventsOf(events, 'tool-reused')).toHaveLength(1)
    expect((await setup.subject.library.ledger('sum_of_last')).failures).toBe(before.failures)
  })

  test('that gives another type than it declares has failed, for the planner and in its ledger', async () => {
    const { result } = await setup.subject.play(
      [
        { reply: plan('wrong_type', { values: column }) },
        { role: 'planner', match: /the value must be number, as the tool declares it/, reply: giveUp },
      ],
      setup.request,
    )
    expect(result.answer).toBe('It could not be done.')
    expect(await setup.subject.library.ledger('wrong_type')).toMatchObject({ uses: 1, failures: 1 })
  })

  test('that raises goes back to the planner with its error, and counts as a failure', async () => {
    const { result } = await setup.subject.play(
      [
        { reply: plan('always_raises', { values: column }) },
        { role: 'planner', match: /KeyError: 'gone'/, reply: giveUp },
      ],
      setup.request,
    )
    expect(result).toMatchObject({ status: 'succeeded', reused: [{ name: 'always_raises', version: 1 }] })
    expect(await setup.subject.library.ledger('always_raises')).toMatchObject({ uses: 1, failures: 1, tokensSaved: 0 })
  })

  test('that keeps failing is quarantined, the run is told, and the older good version is used again', async () => {
    const { library } = setup.subject
    const inputs = (factor: number) => ({ values: [factor, 2] })
    await library.save(tool({ name: 'shaky', code: 'def shaky(values, window=2):\n    return 1.0' }))
    await library.save(tool({ name: 'shaky', code: 'def shaky(values, window=2):\n    return values["a"]' }))
    const play = async (step: object) =>
      setup.subject.play(
        [{ reply: plan('shaky', step) }, { role: 'planner', match: /TypeError/, reply: giveUp }],
        setup.request,
      )
    const first = await play(inputs(1))
    expect(eventsOf(first.events, 'warning')).toEqual([])
    const second = await play(inputs(3))
    expect(eventsOf(second.events, 'warning').map(({ code, message }) => [code, message])).toEqual([
      ['tool_quarantined', expect.stringMatching(/^shaky version 2 failed in 2 of its last 2 uses/)],
      ['tool_quarantined', 'shaky version 1 is used again: version 2 is quarantined.'],
    ])
    expect(await library.find('shaky', 2)).toMatchObject({ state: 'quarantined' })
    expect(await library.ledgers('shaky')).toMatchObject([
      { version: 1, uses: 0 },
      { version: 2, failuresBy: { tool: 2 }, causes: [{ cause: 'error: TypeError', fault: 'tool', count: 2 }] },
    ])
    const { result } = await setup.subject.play([{ reply: plan('shaky', inputs(3)) }], setup.request)
    expect(result).toMatchObject({ answer: '1', reused: [{ name: 'shaky', version: 1 }] })
    await library.remove('shaky')
  })

  test('earns trust on three different inputs, not on one', async () => {
    const { library } = setup.subject
    await library.save(tool({ name: 'steady', code: 'def steady(values, window=2):\n    return float(sum(values))' }))
    for (const values of [[1], [1], [1], [2]]) {
      await setup.subject.play([{ reply: plan('steady', { values }) }], setup.request)
    }
    expect((await library.find('steady'))?.state).toBe('verified')
    await setup.subject.play([{ reply: plan('steady', { values: column }) }], setup.request)
    expect((await library.find('steady'))?.state).toBe('trusted')
    // Nobody agreed to it.
    expect(await library.keptCalls('steady', 1)).toEqual([])
    await library.remove('steady')
  })

  test('that is disabled is not there', async () => {
    const { library } = setup.subject
    await library.save(tool({ name: 'switched_off', code: 'def switched_off(values, window=2):\n    return 1.0' }))
    await library.setDisabled('switched_off', true)
    const { result } = await setup.subject.play(
      [{ reply: plan('switched_off', { values: column }) }, { role: 'planner', reply: giveUp }],
      setup.request,
    )
    expect(result.answer).toBe('It could not be done.')
    expect((await library.ledger('switched_off')).uses).toBe(0)
    await library.remove('switched_off')
  })

  test('has to be one that may be used', async () => {
    const { result } = await setup.subject.play(
      [
        { match: (prompt) => !prompt.includes('def hidden'), reply: plan('hidden', { values: [1] }) },
        { role: 'planner', match: /there is no tool hidden/, reply: giveUp },
      ],
      setup.request,
    )
    expect(result.usage.executions).toBe(0)
  })

  test('by a script counts as reuse, and its failure is not held against the tool', async () => {
    const before = await setup.subject.library.ledger('sum_of_last')
    const script = (id: string, end: string): string =>
      `${json({ understanding: 'u', difficulty: 'easy', steps: [{ id, decision: 'script', goal: 'g' }], answer: `{{${id}}}` })}\n${block(`from tools import sum_of_last\nx = sum_of_last([1, 2, 3], 2)\n${end}`, `python ${id}`)}`
    const { result } = await setup.subject.play(
      [
        { reply: script('s1', 'raise ValueError("mine")') },
        {
          role: 'coder',
          match: /ValueError: mine/,
          reply: block('from tools import sum_of_last\nresult(sum_of_last([1, 2, 3], 2))', 'python'),
        },
      ],
      setup.request,
    )
    expect(result).toMatchObject({ answer: '5', reused: [{ name: 'sum_of_last', version: 1 }] })
    expect(await setup.subject.library.ledger('sum_of_last')).toMatchObject({
      uses: before.uses + 1,
      failures: before.failures,
    })
  })
})

describe('what the planner is shown of a library', () => {
  test('is all of it while it is small, and at most five of it when it is large', async () => {
    const { agent, gateway } = setup.subject.withScript([{ reply: giveUp }, { reply: giveUp }])
    const shown = (index: number): number =>
      (gateway.calls[index]?.messages[0]?.content.match(/^def \w+\(/gm) ?? []).length
    const small = agent.run('Something about elephants')
    const events = []
    for await (const event of small) events.push(event)
    expect(shown(0)).toBe(3)
    expect(eventsOf(events, 'tools-retrieved')[0]?.candidates.map((one) => one.name)).not.toContain('hidden')
    for (let index = 0; index < 12; index += 1) {
      await setup.subject.library.save(
        tool({
          name: `elephant_weight_${index}`,
          summary: 'Weight of an elephant.',
          code: `def elephant_weight_${index}(values):\n    return ${index}.0`,
        }),
      )
    }
    await agent.run('Weight of an elephant').result
    expect(shown(1)).toBe(5)
    const prompt = gateway.calls[1]?.messages[0]?.content ?? ''
    expect(prompt.match(/def elephant_weight/g)).toHaveLength(5)
  })
})
