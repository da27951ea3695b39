import { describe, expect, test } from 'vitest'
import type { ScriptedStep } from '../../../src/testing/index.ts'
import { eventsOf } from '../open-test-agent.ts'
import { json, PRICES, rangeCode, rangeMake, rangeTests, scriptPlan } from '../scripted-replies.ts'
import { useTestAgent } from '../use-test-agent.ts'

// Each test has a library of its own.
const setup = useTestAgent({ each: true })

const FIRST = scriptPlan({
  code: 'import pandas as pd\n\nprices = pd.read_csv("/box/input/prices.csv")["price"]\nresult({"spread": float(prices.max() - prices.min())})',
  answer: 'Over {{s1.spread}}.',
})
const OTHER = 'day,price\n2024-02-01,3\n2024-02-02,5\n'

/** The plan that makes a tool of a program; the earlier request's arguments as given. */
function makeFrom(args: object | null, path = 'spread', script = 'p1'): string {
  const column = { $column: { file: 'other.csv', name: 'price' } }
  const step = { ...rangeMake, arguments: { values: column }, from: [{ script, arguments: args, path }] }
  return json({ understanding: 'u', difficulty: 'easy', steps: [step], answer: 'Over {{s1}}.' })
}

/** Asks for the spread of one file by a program; gives the id under which it is remembered. */
async function solveFirst(): Promise<string> {
  const { result, runId } = await setup.subject.play([{ reply: FIRST }], setup.request)
  expect(result).toMatchObject({ answer: 'Over 7.5.', usage: { calls: 1 } })
  return `${runId}-s1`
}

async function secondRequest(): Promise<typeof setup.request> {
  const files = [await setup.subject.file('other.csv', OTHER)]
  return { text: 'How far do the prices of the other shop spread?', files }
}

const making: ScriptedStep[] = [
  { role: 'tester', reply: rangeTests },
  { role: 'coder', reply: rangeCode() },
]

describe('a program that solved a request', () => {
  test('is remembered with its request, its value and what it read', async () => {
    const id = await solveFirst()
    const [found] = await setup.subject.library.searchScripts({ text: setup.request.text })
    expect(found?.script).toMatchObject({
      id,
      request: setup.request.text,
      language: 'python',
      value: { spread: 7.5 },
      files: [
        { name: 'prices.csv', description: expect.stringMatching(/^3 rows: day .*, price number; fingerprint /) },
      ],
      madeInto: null,
    })
    expect(found?.script.tokens).toBeGreaterThan(100)
  })

  test('costs nothing where no such request comes back: one call each, no tool', async () => {
    const requests = [
      'How many days are there in the file?',
      'Draw me a calendar of May as text',
      'What is the 20th Fibonacci number?',
      'Convert 12 stone to kilograms',
      'Which weekday was 4 July 1976?',
    ]
    for (const text of requests) {
      const { result, events } = await setup.subject.play([{ reply: scriptPlan({ code: 'result(1)' }) }], {
        ...setup.request,
        text,
      })
      expect(result).toMatchObject({ status: 'succeeded', made: [], usage: { calls: 1, executions: 1 } })
      expect(eventsOf(events, 'instances-found')).toEqual([])
    }
    expect(await setup.subject.library.count()).toBe(0)
  })

  test('is not remembered by a run that keeps nothing, nor beside a tool that was used', async () => {
    await setup.subject.play([{ reply: FIRST }], setup.request, { save: false })
    const steps = [rangeMake, { id: 's2', decision: 'script', goal: 'double', needs: [], language: 'python', uses: [] }]
    const plan = json({ understanding: 'u', difficulty: 'easy', steps, answer: '{{s1}} {{s2}}' })
    await setup.subject.play([{ reply: `${plan}\n\`\`\`python s2\nresult(2)\n\`\`\`` }, ...making], setup.request)
    expect(await setup.subject.library.searchScripts({ text: setup.request.text })).toEqual([])
  })
})

test('the same request, asked twice, is shown as one program', async () => {
  await solveFirst()
  await solveFirst()
  const { events } = await setup.subject.play([{ reply: scriptPlan({ code: 'result(2)' }) }], await secondRequest())
  expect(eventsOf(events, 'instances-found')[0]?.scripts).toHaveLength(1)
})

describe('a second request of the same kind', () => {
  test('makes one tool of both: what the program found is a test, and what the tool gives now is one too', async () => {
    const id = await solveFirst()
    const { result, events } = await setup.subject.play(
      [
        {
          role: 'planner',
          match: (prompt) =>
            prompt.includes('Program `p1`') &&
            !prompt.includes(id) &&
            prompt.includes('pd.read_csv') &&
            prompt.includes('{"spread":7.5}'),
          reply: makeFrom({ values: [10, 17.5, 12] }),
        },
        ...making,
      ],
      await secondRequest(),
    )
    expect(result).toMatchObject({ status: 'succeeded', answer: 'Over 2.', usage: { calls: 3 } })
    expect(eventsOf(events, 'instances-found')).toMatchObject([{ scripts: [{ id, request: setup.request.text }] }])
    const tool = await setup.subject.library.get('value_range')
    expect(tool.tests).toContainEqual({
      name: `gives what a program found for: ${setup.request.text}`,
      kind: 'example',
      arguments: { values: [10, 17.5, 12] },
      expected: 7.5,
      fromRequest: true,
    })
    expect(tool.tests).toContainEqual(
      expect.objectContaining({ arguments: { values: [3, 5] }, expected: 2, fromRequest: true }),
    )
    expect(tool.exampleRequests).toContain(setup.request.text)
    // So that an export can leave them out.
    expect(tool.provenance.earlierRequests).toEqual([setup.request.text])
    // The program has become a tool: nobody is shown it again.
    expect(await setup.subject.library.searchScripts({ text: setup.request.text })).toEqual([])
  })

  test('leaves nothing of either request in the tool where requests are not to be kept', async () => {
    await solveFirst()
    const steps = [{ role: 'planner' as const, reply: makeFrom({ values: [10, 17.5, 12] }) }, ...making]
    const { result, events } = await setup.subject.play(steps, await secondRequest(), { keepRequests: false })
    expect(result).toMatchObject({ status: 'succeeded', answer: 'Over 2.' })
    // It was a test while the tool was made.
    expect(eventsOf(events, 'test-passed').map(({ test: name }) => name)).toContain(
      `gives what a program found for: ${setup.request.text}`,
    )
    const tool = await setup.subject.library.get('value_range')
    const text = JSON.stringify({ ...tool, exampleRequests: [] })
    for (const word of ['17.5', setup.request.text, 'fromRequest']) expect(text).not.toContain(word)
    expect(tool.provenance.earlierRequests).toBeUndefined()
  })

  test('takes the earlier data from the file, where that is here and the same', async () => {
    await solveFirst()
    const request = await secondRequest()
    const files = [...request.files, await setup.subject.file('prices.csv', PRICES)]
    const args = { values: { $column: { file: 'prices.csv', name: 'price' } } }
    await setup.subject.play([{ reply: makeFrom(args) }, ...making], { ...request, files })
    const { tests } = await setup.subject.library.get('value_range')
    expect(tests).toContainEqual(expect.objectContaining({ arguments: { values: [10, 17.5, 12] }, expected: 7.5 }))
  })

  test.each([
    [
      'a file of the same name with other data',
      { values: { $column: { file: 'prices.csv', name: 'price' } } },
      'spread',
      /did not read this prices\.csv/,
    ],
    ['data that are gone', null, 'spread', /not there any more/],
    ['a part of the value that there is not', { values: [10, 17.5, 12] }, 'range', /nothing at "range"/],
  ])('says why what the program found is no test: %s', async (_name, args, path, reason) => {
    await solveFirst()
    const request = await secondRequest()
    const files = [...request.files, await setup.subject.file('prices.csv', `${PRICES}2024-01-04,11\n`)]
    const { events } = await setup.subject.play([{ reply: makeFrom(args, path) }, ...making], { ...request, files })
    expect(eventsOf(events, 'tests-written')[0]?.dropped).toMatchObject([{ reason: expect.stringMatching(reason) }])
  })

  test('makes no tool that gives something else for the first one', async () => {
    await solveFirst()
    const wrong = rangeCode('float(max(values) - min(values)) if max(values) < 17 else 7.0')
    const { events, result } = await setup.subject.play(
      [
        { reply: makeFrom({ values: [10, 17.5, 12] }) },
        making[0] ?? {},
        { role: 'coder', reply: wrong },
        { role: 'coder', match: /gives what a program found for[\s\S]*expected 7\.5, got 7/, reply: rangeCode() },
      ],
      await secondRequest(),
    )
    expect(result.status).toBe('succeeded')
    expect(eventsOf(events, 'test-failed')).toHaveLength(1)
  })

  test('may be another thing after all: the planner takes no notice, and both are remembered', async () => {
    await solveFirst()
    await setup.subject.play([{ reply: scriptPlan({ code: 'result(2)' }) }], await secondRequest())
    expect(await setup.subject.library.searchScripts({ text: setup.request.text, limit: 5 })).toHaveLength(2)
    expect(await setup.subject.library.count()).toBe(0)
  })

  test('is answered by a program where no tools are made, and nobody is shown the first one', async () => {
    await solveFirst()
    const { events } = await setup.subject.play(
      [
        {
          match: (prompt) => !prompt.includes('pd.read_csv("/box/input/prices.csv")["price"]'),
          reply: scriptPlan({ code: 'result(2)' }),
        },
      ],
      await secondRequest(),
      { make: 'never' },
    )
    expect(eventsOf(events, 'instances-found')).toEqual([])
  })

  test('cannot be made of a program that there is not', async () => {
    await solveFirst()
    const { result } = await setup.subject.play(
      [
        { reply: makeFrom({ values: [1] }, '', 'p7') },
        {
          role: 'planner',
          match: /there is no earlier program p7/,
          reply: makeFrom({ values: [10, 17.5, 12] }),
        },
        ...making,
      ],
      await secondRequest(),
    )
    expect(result).toMatchObject({ status: 'succeeded', usage: { calls: 4 } })
  })
})
