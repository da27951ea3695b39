import { describe, expect, test } from 'vitest'
import { openAdmissionGate } from '../../../src/app/open-admission-gate.ts'
import { parseTests } from '../../../src/agent/make/parse-tests.ts'
import type { ScriptedStep } from '../../../src/testing/index.ts'
import { readTests, toJsonTests } from '../../../src/library/formats/tool-record.ts'
import { block, json, rangeMake, PRICES, RANGE, rangeCode } from '../scripted-replies.ts'
import { useTestAgent } from '../use-test-agent.ts'

// Each test has a library of its own, and the checks that handaxe makes.
const setup = useTestAgent({ each: true, over: { admission: openAdmissionGate() } })

const keep: ScriptedStep = { role: 'reviewer', reply: json({ verdict: 'keep' }) }

function plan(specification: object, args: object): ScriptedStep {
  const step = { ...rangeMake, specification, arguments: args }
  return { role: 'planner', reply: json({ understanding: 'u', difficulty: 'easy', steps: [step], answer: '{{s1}}' }) }
}

const COLUMN_TOTAL = {
  ...RANGE,
  name: 'column_total',
  description:
    'Sum of a numeric column of a CSV file. Empty fields count nothing; a file without rows gives 0. ValueError: there is no such column.',
  parameters: [
    { name: 'path', type: 'str', description: 'Path of a CSV file with a header' },
    { name: 'column', type: 'str', description: 'Name of the column' },
  ],
  returns: { type: 'float', description: 'The sum' },
  examples: [{ arguments: { path: 'orders.csv', column: 'value' }, expected: 5 }],
}

const COLUMN_CODE = block(
  `import csv


def column_total(path: str, column: str) -> float:
    """Sum of a numeric column of a CSV file.

    Args:
        path: Path of a CSV file with a header.
        column: Name of the column.

    Returns:
        The sum; 0 without rows.

    Raises:
        ValueError: If there is no such column.
    """
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if column not in (reader.fieldnames or []):
            raise ValueError(f"there is no column {column}")
        total = 0.0
        for row in reader:
            field = row[column]
            if field:
                total += float(field)
    return total`,
  'python',
)

const days = { 'days.csv': 'day,value\n2024-01-01,3\n2024-01-02,4.5\n' }
const COLUMN_TESTS = `${json({
  tests: [
    {
      name: 'adds up',
      kind: 'example',
      arguments: { path: { $file: 'days.csv' }, column: 'value' },
      files: days,
      expected: 7.5,
    },
    {
      name: 'leaves out empty fields',
      kind: 'example',
      arguments: { path: { $file: 'days.csv' }, column: 'value' },
      files: { 'days.csv': 'day,value\na,\nb,2\nc,-5\n' },
      expected: -3,
    },
    {
      name: 'gives 0 for a header alone',
      kind: 'example',
      arguments: { path: 'none.csv', column: 'v' },
      files: { 'none.csv': 'v\n' },
      expected: 0,
    },
    {
      name: 'refuses another column',
      kind: 'error',
      arguments: { path: { $file: 'days.csv' }, column: 'price' },
      files: days,
      raises: 'ValueError',
    },
    {
      name: 'is the sum of its parts',
      kind: 'property',
      id: 'p1',
      files: { 'a.csv': 'v\n1\n2\n', 'b.csv': 'v\n1\n', 'c.csv': 'v\n2\n' },
    },
  ],
})}\n${block(
  'from tools import column_total\nall, one, two = (column_total(f"/box/input/{n}.csv", "v") for n in "abc")\nresult(all == one + two and all == 3)',
  'python p1',
)}`

describe('a tool that takes a file', () => {
  test('is tested on files of the tests, costs no extra call, and is verified', async () => {
    const { result } = await setup.subject.play(
      [
        plan(COLUMN_TOTAL, { path: { $file: 'prices.csv' }, column: 'price' }),
        {
          role: 'tester',
          // Its instructions say how a test brings a file; the planner's example names none that a test has.
          reply: COLUMN_TESTS,
        },
        { role: 'coder', reply: COLUMN_CODE },
        keep,
      ],
      setup.request,
    )
    expect(PRICES).toContain('17.5')
    expect(result).toMatchObject({ status: 'succeeded', answer: '39.5', usage: { calls: 4 } })
    const { state, tests, admission } = await setup.subject.library.get('column_total')
    expect(state).toBe('verified')
    expect(tests.find(({ name }) => name === 'adds up')).toMatchObject({
      arguments: { path: '/box/input/days.csv', column: 'value' },
      files: days,
    })
    expect(tests.map(({ name }) => name)).not.toContain('example 1 of the specification')
    expect(admission?.mutants?.tried).toBeGreaterThan(4)
    // They go out and come back with their files.
    expect(readTests(JSON.parse(JSON.stringify(toJsonTests(tests))))).toEqual({ tests, problems: [] })
  })
})

describe('a tool whose values nobody works out by hand', () => {
  const specification = {
    ...RANGE,
    description: 'Largest less smallest of a list of numbers.',
    examples: [],
  }
  const property = (id: string, program: string): string =>
    block(`from tools import value_range\n${program}`, `python ${id}`)
  const tests = (programs: Record<string, string>): string =>
    [
      json({ tests: Object.keys(programs).map((id) => ({ name: `property ${id}`, kind: 'property', id })) }),
      ...Object.entries(programs).map(([id, program]) => property(id, program)),
    ].join('\n')

  test('is verified by properties that see the planted faults', async () => {
    const slow =
      'data = [[1, 2], [5, -3, 0.5], [7.5], [2, 2, 9, -40]]\nresult(all(abs(value_range(d) - max(a - b for a in d for b in d)) < 1e-9 for d in data))'
    const { result } = await setup.subject.play(
      [
        plan(specification, { values: [1, 4] }),
        {
          role: 'tester',
          reply: tests({
            p1: slow,
            p2: 'result(value_range([-1, 4, 2]) * 2 == value_range([-2, 8, 4]) > 0)',
            p3: 'try:\n    value_range([])\nexcept ValueError:\n    result(value_range([3, 1, 0]) == value_range([0, 3, 1]))\nelse:\n    result(False)',
          }),
        },
        { role: 'coder', reply: rangeCode() },
        keep,
      ],
      setup.request,
    )
    expect(result).toMatchObject({ status: 'succeeded', answer: '3', usage: { calls: 4 } })
    expect(await setup.subject.library.get('value_range')).toMatchObject({ state: 'verified' })
  })

  test('is no more than a candidate where its properties see next to nothing', async () => {
    const weak = 'result(value_range([1, 2, 0]) == value_range([2, 1, 0]))'
    const { result } = await setup.subject.play(
      [
        plan(specification, { values: [1, 4] }),
        {
          role: 'tester',
          reply: tests({ p1: weak, p2: `${weak}\n`, p3: 'result(isinstance(value_range([1, 2, 0]), float))' }),
        },
        { role: 'coder', reply: rangeCode() },
        {
          role: 'tester',
          match: /value_range/,
          reply: tests({ q1: 'result(value_range([5, 0]) == value_range([0, 5]))' }),
        },
        keep,
      ],
      setup.request,
    )
    expect(result.status).toBe('succeeded')
    expect((await setup.subject.library.get('value_range')).state).toBe('candidate')
  })
})

describe('files of tests', () => {
  const read = (test: object) =>
    parseTests(
      json({ tests: [{ name: 't', kind: 'example', expected: 1, ...test }] }),
      {
        ...COLUMN_TOTAL,
        language: 'python',
        parameters: COLUMN_TOTAL.parameters.map((one) => ({ ...one, required: true })),
        examples: [],
      },
      { minimum: 1 },
    )

  test.each([
    [
      'that no test brings',
      { arguments: { path: { $file: 'b.csv' }, column: 'v' }, files: { 'a.csv': 'v\n' } },
      /there is no file "b.csv"/,
    ],
    ['outside of the folder', { arguments: { path: 'x', column: 'v' }, files: { '../a.csv': 'v\n' } }, /Invalid key/],
    ['that are hidden', { arguments: { path: 'x', column: 'v' }, files: { '.profile': 'v\n' } }, /Invalid key/],
    [
      'that are large',
      { arguments: { path: 'x', column: 'v' }, files: { 'a.csv': 'v\n'.repeat(5000) } },
      /at most 4000/,
    ],
    [
      'of which there are many',
      { arguments: { path: 'x', column: 'v' }, files: { a: '', b: '', c: '', d: '' } },
      /at most 3/,
    ],
  ])('%s are refused', (_, test, problem) => {
    expect(read(test)).toMatchObject({ problem: expect.stringMatching(problem) as string })
  })
})
