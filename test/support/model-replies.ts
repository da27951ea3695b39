import type { ChatRequest, ScriptedReply } from './scripted-server.ts'

/** Which piece of work a prompt asks for, told by the beginning of its instructions. */
export type Work =
  | 'plan'
  | 'tests'
  | 'code'
  | 'script'
  | 'answer'
  | 'review'
  | 'tool-review'
  | 'more-tests'
  | 'second-tests'

const BEGINNINGS: [string, Work][] = [
  ['You are the planner', 'plan'],
  ['You write the tests for a tool that does not exist yet, as far as you know', 'more-tests'],
  ['You write the tests', 'tests'],
  ['You write one tool', 'code'],
  ['You write one program', 'script'],
  ['You write the answer', 'answer'],
  ['You judge one test', 'review'],
  ['You work out what a tool has to give', 'second-tests'],
  ['You review one tool', 'tool-review'],
]

export function workOf({ messages }: ChatRequest): Work {
  const instructions = messages.find((message) => message.role === 'system')?.content ?? ''
  const found = BEGINNINGS.find(([beginning]) => instructions.startsWith(beginning))
  if (found === undefined) throw new Error(`No kind of work begins with: ${instructions.slice(0, 80)}`)
  return found[1]
}

/** A reviewer who finds nothing. */
export const ACCEPTED = '```json\n{"verdict": "keep", "reasons": []}\n```\n'

/** Replies for each kind of work, in order; the last of a kind is repeated. A reviewer who is not scripted finds nothing. */
export function scriptReplies(
  replies: Partial<Record<Work, ScriptedReply[]>>,
): (request: ChatRequest) => ScriptedReply {
  const used = new Map<Work, number>()
  return (request) => {
    const work = workOf(request)
    const list = replies[work] ?? (work === 'tool-review' ? [ACCEPTED] : undefined)
    if (list === undefined || list.length === 0) throw new Error(`The script has no reply for: ${work}`)
    const index = used.get(work) ?? 0
    used.set(work, index + 1)
    return list[Math.min(index, list.length - 1)] ?? ''
  }
}

export function jsonReply(value: unknown): string {
  return `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\`\n`
}

export function pythonReply(code: string, label = ''): string {
  return `\`\`\`python${label === '' ? '' : ` ${label}`}\n${code}\n\`\`\`\n`
}

const SPECIFICATION = {
  name: 'weighted_mean',
  language: 'python',
  description:
    'Weighted arithmetic mean: the sum of value times weight, divided by the sum of the weights. ValueError: lists of different length, weights that add up to 0.',
  whenToUse: 'Averages in which the items count differently.',
  parameters: [
    { name: 'values', type: 'list[float]', description: 'The values' },
    { name: 'weights', type: 'list[float]', description: 'The weight of each value' },
  ],
  returns: { type: 'float', description: 'The weighted mean' },
  examples: [{ arguments: { values: [1, 4], weights: [2, 1] }, expected: 2 }],
  exampleRequests: ['average price weighted by quantity', 'weighted average of the grades'],
}

const ARGUMENTS = {
  values: { $column: { file: 'sales.csv', name: 'price' } },
  weights: { $column: { file: 'sales.csv', name: 'quantity' } },
}

export const SALES = 'price,quantity\n10,1\n20,3\n'
/** (10·1 + 20·3) / 4 */
export const SALES_MEAN = 17.5

export const MAKE_PLAN = jsonReply({
  understanding: 'The mean price, weighted by quantity.',
  difficulty: 'easy',
  steps: [
    {
      id: 's1',
      decision: 'make',
      goal: 'Weighted mean of the prices',
      needs: [],
      specification: SPECIFICATION,
      arguments: ARGUMENTS,
    },
  ],
  answer: 'The weighted mean price is {{s1|number:2}}.',
})

export const REUSE_PLAN = jsonReply({
  understanding: 'The mean price, weighted by quantity.',
  difficulty: 'easy',
  steps: [
    {
      id: 's1',
      decision: 'reuse',
      goal: 'Weighted mean of the prices',
      needs: [],
      tool: 'weighted_mean',
      arguments: ARGUMENTS,
    },
  ],
  answer: 'The weighted mean price is {{s1|number:2}}.',
})

export const TESTS = jsonReply({
  tests: [
    {
      name: 'weighs the items',
      kind: 'example',
      arguments: { values: [10, 20, 30], weights: [1, 1, 2] },
      expected: 22.5,
    },
    { name: 'gives the only value', kind: 'example', arguments: { values: [7], weights: [3] }, expected: 7 },
    {
      name: 'refuses lists of different length',
      kind: 'error',
      arguments: { values: [1, 2], weights: [1] },
      raises: 'ValueError',
    },
    {
      name: 'refuses weights that add up to nothing',
      kind: 'error',
      arguments: { values: [1], weights: [0] },
      raises: 'ValueError',
    },
  ],
})

const CODE_BODY = (result: string): string => `import math


def weighted_mean(values: list[float], weights: list[float]) -> float:
    """Weighted arithmetic mean of a list of values.

    Args:
        values: The values.
        weights: The weight of each value.

    Returns:
        The weighted mean, in the unit of the values.

    Raises:
        ValueError: If the lists differ in length or the weights add up to 0.
    """
    if len(values) != len(weights):
        raise ValueError(f"values and weights differ in length: {len(values)} and {len(weights)}")
    total = math.fsum(weights)
    if total == 0:
        raise ValueError("weights add up to 0")
    return ${result}`

export const CODE = pythonReply(
  CODE_BODY('math.fsum(value * weight for value, weight in zip(values, weights)) / total'),
)
/** Divides by the number of items: right for equal weights only. */
export const WRONG_CODE = pythonReply(
  CODE_BODY('math.fsum(value * weight for value, weight in zip(values, weights)) / len(values)'),
)
export const NO_CODE = 'I am sorry, but I would rather talk about the weather.'
