import { beforeEach, describe, expect, test, vi } from 'vitest'
import { planTidy } from '../../../src/app/tidy/plan-tidy.ts'
import {
  proposeGeneralised,
  saveGeneralised,
  type Ask,
  type Generalised,
} from '../../../src/app/tidy/propose-generalised.ts'
import type { TidyEntry } from '../../../src/app/tidy/tidy-entry.ts'
import type { JsonObject } from '../../../src/contracts/json.ts'
import type { ToolTest } from '../../../src/contracts/tool.ts'
import { newTool } from '../../library/support/library.ts'
import { useTestApp } from '../exchange/support.ts'

// A thousand inputs for each of two tools, beside whatever else the machine does.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 })

const opened = useTestApp()

const variance = (
  name: string,
  parameter: string,
  divisor: string,
): string => `def ${name}(${parameter}: list[float]) -> float:
    """The ${name.replaceAll('_', ' ')} of numbers.

    Args:
        ${parameter}: The numbers.
    """
    if len(${parameter}) < 2:
        raise ValueError("too few")
    mean = sum(${parameter}) / len(${parameter})
    return sum((item - mean) ** 2 for item in ${parameter}) / ${divisor}
`

const GENERAL = `def variance_of(values: list[float], ddof: int = 0) -> float:
    """Variance of numbers.

    Args:
        values: The numbers.
        ddof: What is taken from their count in the denominator: 1 for a sample, 0 for a population.
    """
    if len(values) < 2:
        raise ValueError("too few")
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - ddof)
`

const CALLS = {
  sample_variance: { parameters: { values: 'values' }, constants: { ddof: 1 } },
  population_variance: { parameters: { data: 'values' }, constants: { ddof: 0 } },
}

const reply = (code: string, calls: object): string =>
  `Here it is.\n\n\`\`\`python\n${code}\`\`\`\n\n\`\`\`json\n${JSON.stringify({ calls })}\n\`\`\`\n`

async function keep(name: string, parameter: string, divisor: string, expected: number): Promise<void> {
  const tests: ToolTest[] = [
    { name: 'three', kind: 'example', arguments: { [parameter]: [1, 2, 6] }, expected },
    { name: 'one', kind: 'error', arguments: { [parameter]: [1] }, raises: 'ValueError' },
  ]
  const items = { type: 'array', items: { type: 'number' }, description: 'The numbers.' }
  const inputSchema = {
    type: 'object',
    properties: { [parameter]: items },
    required: [parameter],
    additionalProperties: false,
  }
  await opened.library.save(
    newTool(name, { code: variance(name, parameter, divisor), tests, inputSchema, state: 'verified' }),
  )
}

let entries: [TidyEntry, TidyEntry]
beforeEach(async () => {
  await keep('sample_variance', 'values', '(len(values) - 1)', 7)
  await keep('population_variance', 'data', 'len(data)', 14 / 3)
  const { entries: found, different } = await planTidy(opened.app)
  expect(different.map(({ names }) => names.toSorted())).toEqual([['population_variance', 'sample_variance']])
  entries = ['sample_variance', 'population_variance'].map((name) => found.get(name)) as typeof entries
})

async function propose(text: string): Promise<{ outcome: Generalised | string; asked: string }> {
  let asked = ''
  const ask: Ask = (prompt) => {
    asked = `${prompt.instructions}\n${prompt.content}`
    return Promise.resolve({ text, model: 'scripted/coder', tokens: 1500, costUsd: 0.04 })
  }
  return { outcome: await proposeGeneralised(opened.app, entries, { ask }), asked }
}

test('a tool that can take the place of both is saved, and both call it', async () => {
  const { outcome, asked } = await propose(reply(GENERAL, CALLS))
  expect(asked).toContain(variance('sample_variance', 'values', '(len(values) - 1)').trimEnd())
  if (typeof outcome === 'string') throw new Error(outcome)
  expect(outcome.tool.tests).toHaveLength(4)
  await saveGeneralised(opened.app, outcome)
  expect(await opened.library.get('variance_of')).toMatchObject({
    state: 'verified',
    version: 1,
    provenance: { model: 'scripted/coder', tokens: 1500, costUsd: 0.04 },
  })
  expect(await opened.library.ledgers('variance_of')).toMatchObject([{ madeTokens: 1500, madeCostUsd: 0.04 }])
  // What calls it cost nothing, whatever the tools cost whose place it takes.
  expect((await opened.library.ledgers('sample_variance')).at(-1)).toMatchObject({ madeTokens: 0, madeCostUsd: 0 })
  const alias = await opened.library.get('population_variance')
  expect(alias).toMatchObject({ state: 'retired', aliasOf: { name: 'variance_of', version: 1 } })
  const sandbox = await opened.app.sandbox()
  const calls: [string, JsonObject, number][] = [
    ['sample_variance', { values: [1, 2, 6] }, 7],
    ['population_variance', { data: [1, 3] }, 1],
  ]
  for (const [name, given, expected] of calls) {
    const { language, code, function: called, pins } = await opened.library.get(name)
    const tools = await opened.library.closure(pins)
    const call = { function: called, arguments: given }
    expect((await sandbox.execute({ language, code, call, tools })).value).toBe(expected)
  }
  expect((await planTidy(opened.app)).tools).toBe(1)
})

describe('a proposal is refused, and nothing is changed, where it', () => {
  const swapped = {
    sample_variance: { ...CALLS.sample_variance, constants: { ddof: 0 } },
    population_variance: { ...CALLS.population_variance, constants: { ddof: 1 } },
  }
  const refusals: [string, string, RegExp][] = [
    ['does something else', reply(GENERAL, swapped), /in the place of sample_variance: its test "three" fails/],
    [
      'differs only where no test looks',
      reply(GENERAL.replace('if len(values) < 2', 'if len(values) < 2 or 77 in values'), CALLS),
      /they differ/,
    ],
    [
      'passes what there is not',
      reply(GENERAL, { ...CALLS, sample_variance: { parameters: { values: 'x' } } }),
      /no parameter x/,
    ],
    [
      'forgets a parameter',
      reply(GENERAL, { ...CALLS, sample_variance: { parameters: {} } }),
      /values of sample_variance has no place/,
    ],
    ['forgets a tool', reply(GENERAL, { sample_variance: CALLS.sample_variance }), /how population_variance is called/],
    [
      'is called as one of the library',
      reply(GENERAL.replace('variance_of', 'sample_variance'), CALLS),
      /has a tool sample_variance/,
    ],
    ['uses the network', reply(GENERAL.replace('def ', 'import socket\n\n\ndef '), CALLS), /socket/],
    ['is no code', '```json\n{"calls": {"sample_variance": {"parameters": {}}}}\n```', /no code|cannot/],
    ['is declined', '```json\n{"calls": {}}\n```', /no tool that a reader would understand/],
    ['is no reply', 'I cannot help with that.', /does not say how/],
  ]
  test.each(refusals)('%s', async (_, text, reason) => {
    expect((await propose(text)).outcome).toMatch(reason)
    expect(await opened.library.count()).toBe(2)
    expect(await opened.library.get('sample_variance')).toMatchObject({ version: 1, state: 'verified' })
  })
})
