import { describe, expect, test } from 'vitest'
import { eventsOf, openTestAgent } from '../open-test-agent.ts'
import { block, json, PRICES, rangeCode, rangeMake, reuseRange, makeRange, RANGE } from '../scripted-replies.ts'
import { useTestAgent } from '../use-test-agent.ts'

// Each test has a library of its own.
const setup = useTestAgent({ each: true })

describe('what the models are asked while a tool is made', () => {
  test('is the same to the letter in every library, whichever test ends first', async () => {
    const ask = async (seconds: string): Promise<unknown> => {
      const own = await openTestAgent(setup.sandbox)
      const file = await own.file('prices.csv', PRICES)
      // Fails in each test, each after another time.
      const failing = rangeCode(
        `_late(values)\n\n\ndef _late(values: list[float]) -> float:\n    import time\n\n    time.sleep(${seconds})\n    raise ZeroDivisionError(object())`,
      )
      const { agent, gateway } = own.withScript([
        ...makeRange.slice(0, 2),
        { role: 'coder', reply: failing },
        { role: 'coder', reply: rangeCode() },
      ])
      await agent.run({ text: setup.request.text, files: [file] }).result
      gateway.assertFinished()
      await own.close()
      return gateway.calls.map(({ role, instructions, messages }) => {
        return { role, instructions, messages: messages.map(({ content }) => content.replaceAll(seconds, 'SECONDS')) }
      })
    }
    const once = await ask('0.1 * len(values)')
    const again = await ask('0.3 / len(values)')
    expect(again).toEqual(once)
  })
})

describe('tools that import tools', () => {
  const specification = {
    ...RANGE,
    name: 'relative_range',
    description:
      'Range of positive numbers divided by their smallest. ValueError: an empty list, a smallest number that is not positive.',
    examples: [{ arguments: { values: [2, 4] }, expected: 1 }],
  }
  const tests = json({
    tests: [
      { name: 'a third', kind: 'example', arguments: { values: [3, 4] }, expected: 0.33333333 },
      { name: 'one number', kind: 'example', arguments: { values: [5] }, expected: 0 },
      { name: 'refuses zero', kind: 'error', arguments: { values: [0, 1] }, raises: 'ValueError' },
    ],
  })
  const code = block(
    `from tools import value_range


def relative_range(values: list[float]) -> float:
    """Range of positive numbers divided by the smallest.

    Args:
        values: Positive numbers.

    Returns:
        The range as a share of the smallest number.

    Raises:
        ValueError: If the list is empty or its smallest number is not positive.
    """
    spread = value_range(values)
    smallest = min(values)
    if smallest <= 0:
        raise ValueError(f"values has to be positive, its smallest is {smallest}")
    return spread / smallest`,
    'python',
  )

  test.each([{ save: true }, { save: false }])(
    'are made in one plan, kept or not (%j), and executed with what they import',
    async (options) => {
      const steps = [
        rangeMake,
        { ...rangeMake, id: 's2', specification, needs: ['s1'] },
        { id: 's3', decision: 'script', goal: 'both', uses: ['relative_range'], needs: ['s2'] },
      ]
      const plan = json({ understanding: 'u', difficulty: 'easy', steps, answer: '{{s2|percent:0}} {{s3}}' })
      const script = block('from tools import relative_range\nresult(relative_range([1, 3]))', 'python s3')
      const { result } = await setup.subject.play(
        [
          { reply: `${plan}\n${script}` },
          ...makeRange.slice(1),
          { role: 'tester', reply: tests },
          { role: 'coder', match: /may import[\s\S]*def value_range\(/, reply: code },
        ],
        setup.request,
        options,
      )
      expect(result).toMatchObject({
        status: 'succeeded',
        answer: '75% 2',
        made: [{ name: 'value_range' }, { name: 'relative_range' }],
      })
      if (options.save)
        expect((await setup.subject.library.get('relative_range')).pins).toEqual([{ name: 'value_range', version: 1 }])
    },
  )

  test('that are not there are sent back with the reason', async () => {
    const plan = json({
      understanding: 'u',
      difficulty: 'easy',
      steps: [{ ...rangeMake, specification }],
      answer: '{{s1}}',
    })
    const { events, result } = await setup.subject.play(
      [
        { reply: plan },
        { role: 'tester', reply: tests },
        { role: 'coder', reply: code },
        {
          role: 'coder',
          match: /no tool value_range to import/,
          reply: code
            .replace(
              'from tools import value_range\n',
              'def _range(values: list[float]) -> float:\n    if not values:\n        raise ValueError("values is empty")\n    return max(values) - min(values)\n',
            )
            .replace('= value_range(', '= _range('),
        },
      ],
      setup.request,
    )
    expect(eventsOf(events, 'code-rejected')).toHaveLength(1)
    expect(result.status).toBe('succeeded')
  })
})

describe('a JavaScript tool', () => {
  const specification = {
    ...RANGE,
    language: 'javascript',
    parameters: [{ name: 'values', type: 'number[]', description: 'The numbers' }],
    returns: { type: 'number', description: 'Their range' },
    description: 'Largest less smallest. RangeError: an empty list.',
  }
  const tests = json({
    tests: [
      { name: 'negative', kind: 'example', arguments: { values: [-1, 1] }, expected: 2 },
      { name: 'one', kind: 'example', arguments: { values: [1] }, expected: 0 },
      { name: 'empty', kind: 'error', arguments: { values: [] }, raises: 'RangeError' },
      { name: 'order', kind: 'property', id: 'p1' },
    ],
  })
  const property = block(
    "import { value_range } from 'tools'\nresult(value_range({ values: [2, 1] }) === value_range({ values: [1, 2] }))",
    'javascript p1',
  )
  const code = (end: string): string =>
    block(
      `export const tool = {
  name: 'value_range',
  description: 'Range of a list of numbers: largest less smallest. RangeError: an empty list.',
  inputSchema: {
    type: 'object',
    properties: { values: { type: 'array', items: { type: 'number' }, description: 'The numbers' } },
    required: ['values'],
    additionalProperties: false,
  },
  outputSchema: { type: 'number', description: 'Largest less smallest' },
}

export default function valueRange({ values }) {
  if (values.length === 0) throw new RangeError('values is empty')
  return ${end}
}`,
      'javascript',
    )

  test('is made, repaired, kept and reused like a Python one', async () => {
    const plan = json({
      understanding: 'u',
      difficulty: 'easy',
      steps: [{ ...rangeMake, specification }],
      answer: '{{s1}}',
    })
    const { result } = await setup.subject.play(
      [
        { reply: plan },
        { role: 'tester', reply: `${tests}\n${property}` },
        { role: 'coder', match: /default export is one function/, reply: code('Math.max(...values)') },
        { role: 'coder', match: /Test "negative"/, reply: code('Math.max(...values) - Math.min(...values)') },
      ],
      setup.request,
    )
    expect(result).toMatchObject({ status: 'succeeded', answer: '7.5', made: [{ name: 'value_range', saved: true }] })
    const again = await setup.subject.play(
      [{ match: /declare function value_range/, reply: reuseRange }],
      setup.request,
    )
    expect(again.result).toMatchObject({
      answer: 'Over 7.5.',
      reused: [{ name: 'value_range', version: 1 }],
      usage: { calls: 1 },
    })
  })
})
