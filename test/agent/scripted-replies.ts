import type { ToolSpecification } from '../../src/contracts/run.ts'
import type { ScriptedStep } from '../../src/testing/index.ts'

export function json(value: unknown): string {
  return `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``
}

export function block(code: string, info: string): string {
  return `\`\`\`${info}\n${code}\n\`\`\``
}

interface ScriptPlan {
  code: string | null
  answer?: string | null
  language?: string
  over?: object
}

/** A plan of one script step, with its code in the same reply. */
export function scriptPlan({ code, answer = 'It is {{s1}}.', language = 'python', over = {} }: ScriptPlan): string {
  const step = { id: 's1', decision: 'script', goal: 'Compute it', needs: [], language, uses: [], ...over }
  const plan = json({ understanding: 'Compute something.', difficulty: 'easy', steps: [step], answer })
  return code === null ? plan : `${plan}\n\n${block(code, `${language} s1`)}`
}

/** A range of numbers, as a tool that is specified, tested and coded in a few lines. */
export const RANGE = {
  name: 'value_range',
  language: 'python',
  description: 'Largest less smallest of a list of numbers. A single number gives 0. ValueError: an empty list.',
  whenToUse: 'How far numbers spread.',
  parameters: [{ name: 'values', type: 'list[float]', description: 'The numbers' }],
  returns: { type: 'float', description: 'Their range' },
  examples: [{ arguments: { values: [1, 4, 2] }, expected: 3 }],
  exampleRequests: ['How far do the prices spread?', 'range of a column', 'largest minus smallest'],
}

export const RANGE_TESTS = {
  tests: [
    { name: 'negative numbers count', kind: 'example', arguments: { values: [-2.5, 2.5] }, expected: 5.0 },
    { name: 'one number has no range', kind: 'example', arguments: { values: [7] }, expected: 0 },
    { name: 'refuses an empty list', kind: 'error', arguments: { values: [] }, raises: 'ValueError' },
    { name: 'does not depend on the order', kind: 'property', id: 'p1' },
  ],
}

export const RANGE_PROPERTY = block(
  'from tools import value_range\nresult(value_range([3, 1, 2]) == value_range([1, 2, 3]))',
  'python p1',
)

export const rangeTests = `${json(RANGE_TESTS)}\n${RANGE_PROPERTY}`

/** The module, with its last expression. */
export function rangeCode(expression = 'float(max(values) - min(values))'): string {
  return block(
    `def value_range(values: list[float]) -> float:
    """Range of a list of numbers: largest less smallest.

    Args:
        values: The numbers.

    Returns:
        Largest less smallest, in the unit of the values.

    Raises:
        ValueError: If the list is empty.
    """
    if not values:
        raise ValueError("values is empty: a range needs at least one number")
    return ${expression}`,
    'python',
  )
}

export const rangeMake = {
  id: 's1',
  decision: 'make',
  goal: 'Range of the prices',
  needs: [],
  specification: RANGE,
  arguments: { values: { $column: { file: 'prices.csv', name: 'price' } } },
}

export const rangePlan = json({
  understanding: 'How far the prices spread.',
  difficulty: 'easy',
  steps: [rangeMake],
  answer: 'The prices spread over **{{s1|number:2}}**.',
})

export const PRICES = 'day,price\n2024-01-01,10\n2024-01-02,17.5\n2024-01-03,12\n'

/** The calls of a run that makes `value_range` at the first try. */
export const makeRange: ScriptedStep[] = [
  { role: 'planner', reply: rangePlan },
  { role: 'tester', reply: rangeTests },
  { role: 'coder', reply: rangeCode() },
]

export const reuseRange = json({
  understanding: 'The spread again.',
  difficulty: 'easy',
  steps: [
    {
      id: 's1',
      decision: 'reuse',
      tool: 'value_range',
      goal: 'Range of the prices',
      arguments: { values: { $column: { file: 'prices.csv', name: 'price' } } },
    },
  ],
  answer: 'Over {{s1|round:1}}.',
})

/** A specification with a required and an optional parameter, for the checks of plans and tests. */
export const MOVING_MEAN: ToolSpecification = {
  name: 'moving_mean',
  language: 'python',
  description: 'd',
  whenToUse: '',
  parameters: [
    { name: 'values', type: 'list[float]', description: '', required: true },
    { name: 'window', type: 'int', description: '', required: false, default: 3 },
  ],
  returns: { type: 'list[float]', description: '' },
  examples: [],
  exampleRequests: [],
}
