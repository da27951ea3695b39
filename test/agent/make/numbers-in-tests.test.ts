import { expect, test } from 'vitest'
import { openAdmissionGate } from '../../../src/app/open-admission-gate.ts'
import { json, RANGE, block } from '../scripted-replies.ts'
import { useTestAgent } from '../use-test-agent.ts'

const setup = useTestAgent({ each: true, over: { admission: openAdmissionGate() } })

/** A tool that has to see NaN as a number in a list, in records of no declared fields, and a text as a text. */
const SPECIFICATION = {
  ...RANGE,
  name: 'count_gaps',
  description:
    'How many values are missing: NaN in the list, NaN in the field of the records. With the label "NaN" nothing is counted. ValueError: a limit that is not finite.',
  parameters: [
    { name: 'values', type: 'list[float]', description: 'The numbers' },
    { name: 'rows', type: 'list[dict]', description: 'Records' },
    { name: 'label', type: 'str', description: 'A label' },
    { name: 'limit', type: 'float | None', description: 'Most that is counted', default: null },
  ],
  returns: { type: 'int', description: 'Their number' },
  examples: [{ arguments: { values: [1, 'NaN'], rows: [], label: 'a' }, expected: 1 }],
}

const CODE = `import math


def count_gaps(values: list[float], rows: list[dict], label: str, limit: float | None = None) -> int:
    """How many values are missing.

    Args:
        values: The numbers.
        rows: Records.
        label: A label.
        limit: Most that is counted.

    Returns:
        How many are NaN.

    Raises:
        ValueError: If the limit is not finite.
    """
    if limit is not None and not math.isfinite(limit):
        raise ValueError(f"limit is not finite: {limit}")
    if label == "NaN":
        return 0
    cells = [value for row in rows for value in row.values() if not isinstance(value, str)]
    count = sum(1 for value in [*values, *cells] if math.isnan(value))
    return count if limit is None else int(min(count, limit))
`

const TESTS = {
  tests: [
    {
      name: 'counts in records',
      kind: 'example',
      arguments: { values: [], rows: [{ v: 1.5 }, { v: 'NaN' }], label: 'a' },
      expected: 1,
    },
    {
      name: 'counts in both',
      kind: 'example',
      arguments: { values: ['NaN', 'NaN', 2], rows: [{ v: 'NaN', n: 'x' }], label: 'b' },
      expected: 3,
    },
    {
      name: 'takes no more than the limit',
      kind: 'example',
      arguments: { values: ['NaN', 'NaN', 'NaN'], rows: [], label: 'a', limit: 2 },
      expected: 2,
    },
    {
      name: 'keeps a label a text',
      kind: 'example',
      arguments: { values: ['NaN'], rows: [], label: 'NaN' },
      expected: 0,
    },
    {
      name: 'infinite numbers are none',
      kind: 'example',
      arguments: { values: ['Infinity', '-Infinity'], rows: [], label: 'a' },
      expected: 0,
    },
    {
      name: 'refuses an infinite limit',
      kind: 'error',
      arguments: { values: [], rows: [], label: 'a', limit: 'Infinity' },
      raises: 'ValueError',
    },
    {
      name: 'refuses a limit that is missing',
      kind: 'error',
      arguments: { values: [], rows: [], label: 'a', limit: 'NaN' },
      raises: 'ValueError',
    },
  ],
}

test('NaN in the arguments of tests reaches the tool as a number, in all checks, and costs no repair', async () => {
  const plan = json({
    understanding: 'u',
    difficulty: 'easy',
    steps: [
      {
        id: 's1',
        decision: 'make',
        goal: 'Count',
        needs: [],
        specification: SPECIFICATION,
        arguments: { values: [1, 'NaN', 'NaN'], rows: [{ v: 'NaN' }], label: 'x' },
      },
    ],
    answer: '{{s1}}',
  })
  const { result } = await setup.subject.play(
    [
      { role: 'planner', reply: plan },
      { role: 'tester', reply: json(TESTS) },
      { role: 'coder', reply: block(CODE, 'python') },
      { role: 'reviewer', reply: json({ verdict: 'keep' }) },
    ],
    setup.request,
  )
  expect(result).toMatchObject({ status: 'succeeded', answer: '3', usage: { calls: 4 } })
  const tool = await setup.subject.library.get('count_gaps')
  expect(tool.provenance.repairs).toBe(0)
  expect(tool.admission?.mutants?.tried).toBeGreaterThan(4)
})
