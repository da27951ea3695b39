import { describe, expect, test } from 'vitest'
import { findJson } from '../../../src/agent/parse-reply/find-json.ts'

const hasSteps = (value: object): boolean => 'steps' in value
const read = (reply: string): unknown => {
  const found = findJson(reply, hasSteps)
  return 'value' in found ? found.value : found.problem
}

describe('the JSON object of a reply', () => {
  test.each([
    ['in a block', '```json\n{"steps": [1]}\n```'],
    ['in a block without a language', 'Plan:\n```\n{"steps": [1]}\n```'],
    ['in a block with another language', '```javascript\n{"steps": [1]}\n```'],
    ['in prose', 'Here is {my} plan: {"steps": [1]} as you asked {for}.'],
    ['alone', '{"steps": [1]}'],
    ['with trailing commas', '```json\n{"steps": [1,],}\n```'],
    ['with comments', '```json\n{"steps": [1] // the list\n /* that is all */}\n```'],
    ['with single quotes', "```json\n{'steps': [1]}\n```"],
    ['in a block that was not closed', '```json\n{"steps": [1]}'],
    ['after a draft', '```json\n{"steps": [0]}\n```\nBetter:\n```json\n{"steps": [1]}\n```'],
    ['before another object', '```json\n{"steps": [1]}\n```\n```json\n{"note": 1}\n```'],
  ])('is found %s', (_where, reply) => {
    expect(read(reply)).toEqual({ steps: [1] })
  })

  test("may hold Python's literals, and braces in its texts", () => {
    expect(read('```json\n{"steps": [], "a": True, "b": None, "c": False}\n```')).toEqual({
      steps: [],
      a: true,
      b: null,
      c: false,
    })
    expect(read('Plan: {"steps": [], "answer": "a } in {{s1}} and \\" too"} end')).toEqual({
      steps: [],
      answer: 'a } in {{s1}} and " too',
    })
  })

  test('may hold raw line ends in a text, and fences in its texts', () => {
    expect(read('```json\n{"steps": [], "answer": "one\ntwo"}\n```')).toEqual({ steps: [], answer: 'one\ntwo' })
    expect(read('```json\n{"steps": [], "answer": "```python\\nx\\n```"}\n```')).toEqual({
      steps: [],
      answer: '```python\nx\n```',
    })
  })

  test('keeps numbers that a double cannot hold', () => {
    expect(read('{"steps": [NaN, 1e999, -Infinity]}')).toEqual({
      steps: ['NaN', { $number: 'Infinity' }, '-Infinity'],
    })
    expect(read('{"steps": [9007199254740993, {"2021": 1, "2019": 2}]}')).toEqual({
      steps: [
        { $number: '9007199254740993' },
        {
          $entries: [
            ['2021', 1],
            ['2019', 2],
          ],
        },
      ],
    })
    // Also what has to be repaired first.
    expect(read("{'steps': [9007199254740993,]}")).toEqual({ steps: [{ $number: '9007199254740993' }] })
  })

  test('is not there in an empty reply, in prose, in a list: the problem says what to send', () => {
    expect(read('')).toMatch(/no JSON object.*```json/)
    expect(read('I am sorry, I cannot.')).toMatch(/no JSON object/)
    expect(read('```json\n[1, 2]\n```')).toMatch(/not an object/)
    expect(read('Всё готово: план {такой}')).toMatch(/no JSON object/)
  })

  test('that was cut off is not repaired: what is missing would go unnoticed', () => {
    expect(read('```json\n{"steps": [1, 2], "answer": "It')).toMatch(/cannot be read/)
    expect(read('Plan: {"steps": [1, {"a": 2')).toMatch(/no JSON object/)
  })

  test('that cannot be repaired is described with the place', () => {
    expect(read('```json\n{"steps": [1, {"a" "b" : : 2}}\n```')).toMatch(/cannot be read: .+position/s)
  })

  test.each([
    ['braces', '{'.repeat(1_000_000)],
    ['quoted braces', '{"'.repeat(300_000)],
    ['lists', `{"steps": ${'['.repeat(500_000)}`],
    ['a block of braces', `\`\`\`json\n${'{"a":'.repeat(200_000)}\n\`\`\``],
  ])('of a hostile megabyte of %s ends in a moment', (_what, reply) => {
    const startedAt = performance.now()
    findJson(reply, hasSteps)
    expect(performance.now() - startedAt).toBeLessThan(5000)
  })

  test('of a megabyte is read', () => {
    const steps = Array.from({ length: 100_000 }, (_, index) => index)
    expect(read(`\`\`\`json\n${JSON.stringify({ steps, pad: 'x'.repeat(500_000) })}\n\`\`\``)).toMatchObject({ steps })
  })
})
