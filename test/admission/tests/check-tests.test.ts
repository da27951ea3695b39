import { describe, expect, test } from 'vitest'
import { checkTests } from '../../../src/admission/tests/check-tests.ts'
import type { JsonObject, JsonValue } from '../../../src/contracts/json.ts'
import type { ToolSpecification } from '../../../src/contracts/run.ts'
import type { ToolTest } from '../../../src/contracts/tool.ts'

const SPECIFICATION: ToolSpecification = {
  name: 'total_of',
  language: 'python',
  description: 'Sum of the values.',
  whenToUse: '',
  parameters: [{ name: 'values', type: 'list[float]', description: 'Numbers', required: true }],
  returns: { type: 'float', description: 'Their sum' },
  examples: [],
  exampleRequests: [],
}

const example = (name: string, values: JsonValue, expected: JsonValue): ToolTest => ({
  name,
  kind: 'example',
  arguments: { values },
  expected,
})
const property = (name: string, program: string): ToolTest => ({ name, kind: 'property', program })
const GOOD = [example('a', [1, 2], 3), example('b', [4, 5, 6], 15), example('c', [], 0)]

const codes = (tests: ToolTest[], over: Partial<ToolSpecification> = {}): string[] =>
  checkTests(tests, { ...SPECIFICATION, ...over }).problems.map((problem) => problem.code)

describe('tests', () => {
  test('that ask for different values, an edge included, are found good', () => {
    expect(checkTests(GOOD, SPECIFICATION)).toEqual({ worthless: [], problems: [], restsOnProperties: false })
  })

  test('that are too few are found with how many there have to be', () => {
    const { problems } = checkTests(GOOD.slice(1), SPECIFICATION)
    expect(problems).toEqual([{ check: 'test-quality', code: 'few-examples', tests: [], results: 2, needed: 3 }])
  })

  test('of which one repeats another count it once', () => {
    const { worthless, problems } = checkTests([...GOOD, example('d', [1, 2], 3)], SPECIFICATION)
    expect(worthless).toEqual(['d'])
    expect(problems.map((problem) => problem.code)).toEqual(['duplicate'])
    expect(codes([GOOD[0], GOOD[2], example('d', [], 0)].filter((one) => one !== undefined))).toEqual([
      'duplicate',
      'few-examples',
    ])
  })

  test('that repeat each other with their keys in another order are the same test', () => {
    const both = (args: JsonObject): ToolTest => ({
      name: Object.keys(args).join(''),
      kind: 'example',
      arguments: args,
      expected: 1,
    })
    expect(checkTests([both({ a: 1, b: 2 }), both({ b: 2, a: 1 })], SPECIFICATION).worthless).toEqual(['ba'])
  })

  test('that expect different values of the same arguments contradict each other', () => {
    expect(codes([...GOOD, example('d', [1, 2], 4)])).toEqual(['contradiction'])
  })

  test('that all expect the same would pass a constant', () => {
    expect(codes([example('a', [], 0), example('b', [1, -1], 0), example('c', [0], 0)])).toEqual(['same-expected'])
  })

  test('that all expect their argument would pass code that does nothing', () => {
    expect(codes([example('a', [], []), example('b', [2], [2]), example('c', [3], [3])])).toEqual(['echo'])
  })

  test('without an edge are told which edges there are', () => {
    expect(codes([example('a', [1, 2], 3), example('b', [4, 5], 9), example('c', [2, 5], 7)])).toEqual(['no-edge-case'])
  })

  test('of a tool without parameters need no edge', () => {
    const tests: ToolTest[] = [1, 2, 3].map((n) => ({
      name: `${n}`,
      kind: 'example',
      arguments: { n },
      expected: n * 2,
    }))
    expect(codes(tests, { parameters: [] })).toEqual([])
  })

  test.each([
    'Sum of the values. ValueError for an empty list.',
    'Sum of the values; raises where there are none.',
    'Sum of the values. An empty list is refused.',
    'Throws a RangeError if values is empty.',
    'Sum of the values. Invalid input is rejected.',
  ])('without an error case are too few for "%s"', (description) => {
    expect(codes(GOOD, { description })).toEqual(['no-error-case'])
    const refusal: ToolTest = { name: 'r', kind: 'error', arguments: { values: [] }, raises: 'ValueError' }
    expect(codes([...GOOD, refusal], { description })).toEqual([])
  })

  test.each(['Sum of the values. Never raises.', 'Sum of squared errors.', 'Does not throw an error.', ''])(
    'need no error case for "%s"',
    (description) => {
      expect(codes(GOOD, { description })).toEqual([])
    },
  )

  test('there are none of lack everything', () => {
    expect(codes([], { description: 'ValueError for none.' })).toEqual([
      'few-examples',
      'no-edge-case',
      'no-error-case',
    ])
  })

  test('with hostile or huge content are judged all the same', () => {
    const names = example('__proto__', JSON.parse('{"__proto__": {"a": 1}, "constructor": null}') as JsonValue, '…')
    const huge = example(
      'huge',
      Array.from({ length: 100_000 }, (_, index) => index),
      1e300,
    )
    const deep = example(
      'deep',
      JSON.parse(`${'['.repeat(2000)}${']'.repeat(2000)}`) as JsonValue,
      'Größe ' + '😀'.repeat(1000),
    )
    expect(codes([names, huge, deep])).toEqual([])
  })
})

describe('a property that asserts nothing', () => {
  test.each([
    ['gives true whatever happens', 'from tools import total_of\ntotal_of([1])\nresult(True)'],
    [
      'gives true in every branch',
      'from tools import total_of\nif total_of([1]) == 1:\n    result(True)\nelse:\n    result(True)',
    ],
    ['never calls the tool', 'from tools import total_of\nresult(1 + 1 == 2)'],
    ['names the tool in a comment alone', 'from tools import total_of\n# total_of([1])\nx = 2\nresult(x == 2)'],
    ['never gives anything', 'from tools import total_of\ntotal_of([1])'],
    ['is empty', ''],
    ['gives true in JavaScript', "import { total_of } from 'tools'\ntotal_of({ values: [1] })\nresult(true)"],
    ['never calls the tool in JavaScript', "import { totalOf } from 'tools'\n// totalOf()\nresult(1 === 1)"],
  ])('%s', (_name, program) => {
    const { worthless, problems } = checkTests([...GOOD, property('p', program)], SPECIFICATION)
    expect(worthless).toEqual(['p'])
    expect(problems.map((problem) => problem.code)).toEqual(['asserts-nothing'])
  })

  test.each([
    ['in Python', 'from tools import total_of\nresult(total_of([1, 2]) == total_of([2, 1]))'],
    ['under another name', 'from tools import total_of as total\nresult(total([1]) == 1)'],
    ['by the module', 'import tools\nresult(tools.total_of([1]) == 1)'],
    ['in JavaScript', "import { total_of } from 'tools'\nresult(total_of({ values: [1] }) === 1)"],
    ['in camelCase', "import { totalOf } from 'tools'\nconst ok = totalOf({ values: [(1 + 1)] }) === 2\nresult(ok)"],
    [
      'with false in one branch',
      'from tools import total_of\nif total_of([1]) == 1:\n    result(True)\nelse:\n    result(False)',
    ],
  ])('is none: %s', (_name, program) => {
    expect(checkTests([...GOOD, property('p', program)], SPECIFICATION).problems).toEqual([])
  })
})
