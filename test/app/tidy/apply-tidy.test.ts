import { join } from 'node:path'
import { expect, test } from 'vitest'
import { planImport } from '../../../src/app/exchange/plan-import.ts'
import { saveImport } from '../../../src/app/exchange/save-import.ts'
import { applyTidy } from '../../../src/app/tidy/apply-tidy.ts'
import { planTidy, type TidyPlan } from '../../../src/app/tidy/plan-tidy.ts'
import type { ToolTest } from '../../../src/contracts/tool.ts'
import { temporaryFolder, writeFiles } from '../../library/formats/support/temporary-folder.ts'
import { useTestApp } from '../exchange/support.ts'

const opened = useTestApp()

const DEVIATION = `import math


def sample_deviation(values: list[float]) -> float:
    """Standard deviation of a sample.

    Args:
        values: The sample.

    Returns:
        The deviation, with n - 1 in the denominator.

    Raises:
        ValueError: If there are fewer than two values.
    """
    if len(values) < 2:
        raise ValueError("too few")
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))
`

const SPREAD = `import statistics
from typing import Annotated

Numbers = list[float]


def _floats(data):
    return [float(item) for item in data]


def spread_of(data: "Numbers") -> float:
    """How far the numbers lie apart: their standard deviation.

    Args:
        data: The numbers.

    Returns:
        The spread.

    Raises:
        ValueError: If there are fewer than two.
    """
    if len(data) < 2:
        raise ValueError("at least two")
    return statistics.stdev(_floats(data))
`

const IMPORTER = `from tools import spread_of


def relative_spread(data: list[float]) -> float:
    """Spread of the numbers as a share of their mean.

    Args:
        data: The numbers.

    Returns:
        The share.
    """
    return spread_of(data) / (sum(data) / len(data))
`

function tests(parameter: string): ToolTest[] {
  return [
    { name: 'three', kind: 'example', arguments: { [parameter]: [1, 2, 4] }, expected: 1.5275252316519468 },
    { name: 'equal', kind: 'example', arguments: { [parameter]: [3, 3] }, expected: 0 },
    { name: 'negative', kind: 'example', arguments: { [parameter]: [-1, 1] }, expected: 1.4142135623730951 },
    { name: 'one', kind: 'error', arguments: { [parameter]: [1] }, raises: 'ValueError' },
  ]
}

async function take(files: Record<string, string>): Promise<void> {
  const plan = await planImport(opened.app, [await writeFiles(await temporaryFolder(), files)])
  const items = await saveImport(opened.app, plan)
  for (const { name, version, problems } of items) {
    expect(problems).toEqual([])
    await opened.library.setState(name ?? '', version ?? 0, 'verified', 'for this test')
  }
}

/** The tools with their tests, as an import of a file cannot bring them. */
async function withTests(name: string, parameter: string): Promise<void> {
  const { version: _version, pins: _pins, codeHash: _hash, ...tool } = await opened.library.get(name)
  await opened.library.save({ ...tool, tests: tests(parameter), state: 'verified' })
}

async function withTwins(): Promise<void> {
  await take({ 'a.py': DEVIATION, 'b.py': SPREAD })
  await withTests('sample_deviation', 'values')
  await withTests('spread_of', 'data')
  await opened.library.recordUse({
    name: 'sample_deviation',
    version: 2,
    runId: null,
    at: '2026-01-01T00:00:00.000Z',
    outcome: 'success',
    cause: 'ok',
    wallMs: 1,
    reused: true,
    tokensSaved: 0,
  })
}

function shown({ clusters }: TidyPlan): unknown {
  return clusters.map(({ keep, others }) => [
    keep.name,
    ...others.map(({ name, alias, problem }) => [name, alias, problem]),
  ])
}

test('of two twins the better one stays, and the other calls it under its own name and parameters', async () => {
  await withTwins()
  await take({ 'c.py': IMPORTER })
  const before = await opened.library.get('spread_of')
  const plan = await planTidy(opened.app)
  expect(shown(plan)).toEqual([['sample_deviation', ['spread_of', null, null]]])
  expect(plan.clusters[0]?.others[0]?.renamed).toEqual([{ from: 'data', to: 'values' }])
  expect(plan.clusters[0]?.why).toBe('verified, 1 good use, 4 tests')
  await applyTidy(opened.app, plan)
  expect(shown(plan)).toEqual([['sample_deviation', ['spread_of', before.version + 1, null]]])
  const alias = await opened.library.get('spread_of')
  expect(alias).toMatchObject({
    state: 'retired',
    aliasOf: { name: 'sample_deviation', version: 2 },
    pins: [{ name: 'sample_deviation', version: 2 }],
    inputSchema: before.inputSchema,
    description: before.description,
    tests: before.tests,
  })
  expect(alias.code).toContain('_kept(values=data)')
  expect(alias.code).not.toContain('statistics')
  const found = await opened.library.search({ text: 'standard deviation spread of numbers', limit: 10 })
  expect(found.map(({ tool }) => tool.name)).not.toContain('spread_of')
  expect((await opened.library.closure([{ name: 'relative_spread' }])).map(({ name }) => name)).toContain('spread_of')
  expect(shown(await planTidy(opened.app))).toEqual([])
})

test('a tool that is imported under the name of an alias does what it did', async () => {
  await withTwins()
  await applyTidy(opened.app, await planTidy(opened.app))
  await take({ 'later.py': IMPORTER })
  const sandbox = await opened.app.sandbox()
  const tool = await opened.library.get('relative_spread')
  expect(tool.pins).toEqual([{ name: 'spread_of', version: 3 }])
  const result = await sandbox.execute({
    language: 'python',
    code: tool.code,
    call: { function: tool.function, arguments: { data: [1, 3] } },
    tools: await opened.library.closure(tool.pins),
  })
  expect(result.value).toBeCloseTo(Math.SQRT2 / 2, 12)
  const again = await planImport(opened.app, [
    join(await writeFiles(await temporaryFolder(), { 'spread_of.py': SPREAD }), 'spread_of.py'),
  ])
  expect(again.items).toMatchObject([{ outcome: 'same' }])
  expect(again.items[0]?.notes.join(' ')).toContain('merged into sample_deviation')
})

test('twins in JavaScript, and rollback brings the old one back', async () => {
  const tool = (name: string, parameter: string, body: string): string => `export const tool = {
  name: '${name}',
  description: 'Differences of neighbours.',
  inputSchema: {
    type: 'object',
    properties: { ${parameter}: { type: 'array', items: { type: 'number' } } },
    required: ['${parameter}'],
    additionalProperties: false,
  },
  outputSchema: { type: 'array', items: { type: 'number' } },
}

export default function main({ ${parameter} }) {
  ${body}
}
`
  await take({
    'a.mjs': tool('differences', 'values', 'return values.slice(1).map((value, index) => value - values[index])'),
    'b.mjs': tool(
      'changes_of',
      'series',
      'const steps = []\n  for (let i = 1; i < series.length; i += 1) steps.push(series[i] - series[i - 1])\n  return steps',
    ),
  })
  await opened.library.pin('changes_of')
  const plan = await planTidy(opened.app)
  await applyTidy(opened.app, plan)
  expect(shown(plan)).toEqual([['changes_of', ['differences', 2, null]]])
  const sandbox = await opened.app.sandbox()
  const alias = await opened.library.get('differences')
  const call = { function: alias.function, arguments: { values: [1, 4, 2] } }
  const execution = {
    language: alias.language,
    code: alias.code,
    call,
    tools: await opened.library.closure(alias.pins),
  }
  expect((await sandbox.execute(execution)).value).toEqual([3, -2])
  await opened.library.rollback('differences')
  expect(await opened.library.get('differences')).toMatchObject({ version: 1, state: 'verified' })
})

test('a tool and the one that it only calls stay two', async () => {
  await take({ 'a.py': DEVIATION })
  await withTests('sample_deviation', 'values')
  const caller = DEVIATION.replace('import math', 'from tools import sample_deviation')
    .replace('def sample_deviation', 'def deviation')
    .replace(/ {4}mean = [^]*$/, '    return sample_deviation(values)\n')
  await take({ 'b.py': caller })
  await withTests('deviation', 'values')
  await opened.library.pin('deviation')
  const { clusters, different } = await planTidy(opened.app)
  expect(clusters).toEqual([])
  expect(different).toEqual([
    {
      names: ['deviation', 'sample_deviation'],
      reason: 'deviation cannot stand under the name of sample_deviation',
    },
  ])
  expect(await opened.library.get('sample_deviation')).toMatchObject({ version: 2, state: 'verified' })
})
