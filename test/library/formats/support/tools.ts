import { createHash } from 'node:crypto'
import { NO_NEEDS, type ToolVersion } from '../../../../src/contracts/tool.ts'

/** A version as the library would give it; what a test does not care about is filled in. */
export function makeTool(given: Partial<ToolVersion> & Pick<ToolVersion, 'name' | 'code'>): ToolVersion {
  const language = given.language ?? 'python'
  return {
    function: language === 'python' ? given.name : 'default',
    language,
    version: 1,
    summary: `What ${given.name} gives.`,
    description: `What ${given.name} gives.`,
    inputSchema: { type: 'object', properties: {}, required: [], additionalProperties: false },
    outputSchema: {},
    imports: [],
    uses: [],
    codeHash: createHash('sha256').update(given.code).digest('hex'),
    whenToUse: '',
    exampleRequests: [],
    tests: [],
    pins: [],
    needs: NO_NEEDS,
    admission: null,
    provenance: {
      runId: null,
      model: 'openai/gpt-5',
      createdAt: '2026-11-20T10:00:00.000Z',
      source: 'made',
      request: null,
      repairs: 0,
      tokens: 1200,
      costUsd: 0.01,
    },
    state: 'verified',
    stateReason: 'its tests pass',
    ...given,
  }
}

const NUMBERS = { type: 'array', items: { type: 'number' } }

export const MEAN = makeTool({
  name: 'weighted_mean',
  version: 3,
  summary: 'Weighted arithmetic mean of a list of values.',
  description:
    'Weighted arithmetic mean of a list of values.\n\nThe sum of value times weight, divided by the sum of the weights.',
  code: `import math


def weighted_mean(values: list[float], weights: list[float]) -> float:
    """Weighted arithmetic mean of a list of values.

    Args:
        values: The values.
        weights: The weight of each value.

    Returns:
        The weighted mean.

    Raises:
        ValueError: If the lists differ in length or the weights add up to 0.
    """
    if len(values) != len(weights):
        raise ValueError(f"values and weights differ in length: {len(values)} and {len(weights)}")
    total = math.fsum(weights)
    if total == 0:
        raise ValueError("weights add up to 0")
    return math.fsum(value * weight for value, weight in zip(values, weights)) / total
`,
  inputSchema: {
    type: 'object',
    properties: {
      values: { ...NUMBERS, description: 'The values.' },
      weights: { ...NUMBERS, description: 'The weight of each value.' },
    },
    required: ['values', 'weights'],
    additionalProperties: false,
  },
  outputSchema: { type: 'number', description: 'The weighted mean.' },
  imports: ['math'],
  whenToUse: 'Averages in which the items count differently.',
  exampleRequests: ['average price weighted by quantity', 'weighted average of the grades'],
  tests: [
    {
      name: 'weighs the items',
      kind: 'example',
      arguments: { values: [10, 20, 30], weights: [1, 1, 2] },
      expected: 22.5,
    },
    {
      name: 'takes thirds',
      kind: 'example',
      arguments: { values: [1, 2], weights: [1, 2] },
      expected: 1.6667,
      tolerance: 0.001,
    },
    {
      name: 'passes NaN on',
      kind: 'example',
      arguments: { values: [{ $number: 'NaN' }], weights: [1] },
      expected: 'NaN',
    },
    {
      name: 'refuses lists of different length',
      kind: 'error',
      arguments: { values: [1, 2], weights: [1] },
      raises: 'ValueError',
    },
    { name: 'refuses weights that add up to 0', kind: 'error', arguments: { values: [1], weights: [0] } },
    {
      name: 'does not depend on the scale of the weights',
      kind: 'property',
      program:
        'from tools import weighted_mean\nresult(weighted_mean([1, 2], [1, 3]) == weighted_mean([1, 2], [2, 6]))\n',
    },
  ],
})

/** Imports the other one, in a list with a comment and under another name. */
export const RETURN_RATE = makeTool({
  name: 'portfolio_return',
  summary: 'Return of a portfolio.',
  description: 'Return of a portfolio.',
  code: `from tools import (
    weighted_mean as mean,  # of the returns
)


def portfolio_return(returns: dict[str, float], holdings: dict[str, float]) -> dict[str, float]:
    """Return of a portfolio, from tools import nothing in a docstring.

    Args:
        returns: Return by asset.
        holdings: Amount by asset.

    Returns:
        The return, and its share in percent.
    """
    names = sorted(holdings)
    value = mean([returns[name] for name in names], [holdings[name] for name in names])
    return {"return": value, "percent": value * 100}
`,
  inputSchema: {
    type: 'object',
    properties: {
      returns: { type: 'object', additionalProperties: { type: 'number' } },
      holdings: { type: 'object', additionalProperties: { type: 'number' } },
    },
    required: ['returns', 'holdings'],
    additionalProperties: false,
  },
  outputSchema: { type: 'object', additionalProperties: { type: 'number' } },
  uses: ['weighted_mean'],
  pins: [{ name: 'weighted_mean', version: 3 }],
  tests: [
    {
      name: 'weighs the returns',
      kind: 'example',
      arguments: { returns: { a: 0.25, b: 0.5 }, holdings: { a: 1, b: 3 } },
      expected: { return: 0.4375, percent: 43.75 },
    },
  ],
})

export const CLAMP = makeTool({
  name: 'clamp_numbers',
  language: 'javascript',
  summary: 'Numbers brought between two bounds.',
  description: 'Numbers brought between two bounds.',
  code: `export const tool = {
  name: 'clamp_numbers',
  description: 'Numbers brought between two bounds.',
  inputSchema: {
    type: 'object',
    properties: {
      values: { type: 'array', items: { type: 'number' }, description: 'The numbers' },
      low: { type: 'number', default: 0 },
      high: { type: 'number', default: 1 },
    },
    required: ['values'],
    additionalProperties: false,
  },
  outputSchema: { type: 'array', items: { type: 'number' } },
}

export default function clampNumbers({ values, low = 0, high = 1 }) {
  if (low > high) throw new RangeError(\`low (\${low}) is above high (\${high})\`)
  return values.map((value) => Math.min(high, Math.max(low, value)))
}
`,
  inputSchema: {
    type: 'object',
    properties: {
      values: { type: 'array', items: { type: 'number' }, description: 'The numbers' },
      low: { type: 'number', default: 0 },
      high: { type: 'number', default: 1 },
    },
    required: ['values'],
    additionalProperties: false,
  },
  outputSchema: { type: 'array', items: { type: 'number' } },
  tests: [{ name: 'clamps', kind: 'example', arguments: { values: [-1, 0.5, 2] }, expected: [0, 0.5, 1] }],
})

export const RESCALE = makeTool({
  name: 'rescale_numbers',
  language: 'javascript',
  code: `import { clampNumbers } from 'tools'

export const tool = {
  name: 'rescale_numbers',
  description: 'Numbers divided by the largest bound, between 0 and 1.',
  inputSchema: {
    type: 'object',
    properties: { values: { type: 'array', items: { type: 'number' } }, top: { type: 'number' } },
    required: ['values', 'top'],
    additionalProperties: false,
  },
  outputSchema: { type: 'array', items: { type: 'number' } },
}

export default function rescaleNumbers({ values, top }) {
  return clampNumbers({ values: values.map((value) => value / top) })
}
`,
  inputSchema: {
    type: 'object',
    properties: { values: { type: 'array', items: { type: 'number' } }, top: { type: 'number' } },
    required: ['values', 'top'],
    additionalProperties: false,
  },
  outputSchema: { type: 'array', items: { type: 'number' } },
  uses: ['clamp_numbers'],
  pins: [{ name: 'clamp_numbers', version: 1 }],
})

export const ALL_TOOLS: readonly ToolVersion[] = [MEAN, RETURN_RATE, CLAMP, RESCALE]
