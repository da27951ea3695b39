import type { ToolTest } from '../../src/contracts/tool.ts'

/** A tool that gives the range of numbers, with this as its last lines. */
export function rangeModule(body: string): string {
  return `def value_range(values: list[float]) -> float:
    """Difference between the largest and the smallest value.

    Args:
        values: The numbers.

    Returns:
        The range.

    Raises:
        ValueError: If there are no values.
    """
    if not values:
        raise ValueError("no values")
    ${body}
`
}

export const RANGE_MODULE_TESTS: ToolTest[] = [
  { name: 'three', kind: 'example', arguments: { values: [1, 5, 2] }, expected: 4 },
  { name: 'one', kind: 'example', arguments: { values: [3] }, expected: 0 },
  { name: 'negative', kind: 'example', arguments: { values: [-1.5, 2] }, expected: 3.5 },
  { name: 'none', kind: 'error', arguments: { values: [] }, raises: 'ValueError' },
]

export const RANGE_MODULE_INPUT = {
  type: 'object',
  properties: { values: { type: 'array', items: { type: 'number' }, description: 'The numbers.' } },
  required: ['values'],
  additionalProperties: false,
}
