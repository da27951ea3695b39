import { expect, test } from 'vitest'
import { savings } from '../../../src/agent/steps/savings.ts'
import { emptyProgress, type RunContext } from '../../../src/agent/run/run-context.ts'
import type { ModelPrice } from '../../../src/contracts/models.ts'
import type { PlanUsage, ToolVersion } from '../../../src/contracts/tool.ts'

/** 1 US dollar a million tokens in, 10 out. */
const PRICE: ModelPrice = { inputUsd: 1, outputUsd: 10, date: '2026-11-01' }

function toolOf(name: string, code = 'x'.repeat(400)): ToolVersion {
  return { name, version: 1, code, provenance: { tokens: 90_000, costUsd: 3 } } as ToolVersion
}

function context(options: {
  scripts?: PlanUsage[]
  planning?: Partial<NonNullable<ReturnType<typeof emptyProgress>['planning']>>
  price?: ModelPrice | null
  reused?: number
}): RunContext {
  const { scripts = [], planning, price = PRICE, reused = 1 } = options
  return {
    progress: {
      ...emptyProgress(),
      planning: { model: 'made/planner', inputTokens: 2_000, outputTokens: 100, costUsd: 0.003, ...planning },
      reusePlanned: reused,
    },
    dependencies: {
      library: { scriptUsage: async () => scripts },
      gateway: { describe: () => [{ model: 'made/planner', price }] },
    },
  } as unknown as RunContext
}

const scripts = [
  { inputTokens: 1_500, outputTokens: 700 },
  { inputTokens: 9_000, outputTokens: 4_000 },
  { inputTokens: 1_700, outputTokens: 600 },
]

test('a reuse saves the script of the middle run, in and out apart, at the price of the planner', async () => {
  const saved = await savings(context({ scripts }), toolOf('mean'))
  // 1,700 in and 700 out of the scripts, 2,000 in and 100 out of this run.
  expect(saved.tokensSaved).toBe(-300 + 600)
  expect(saved.costSavedUsd).toBeCloseTo((-300 * 1 + 600 * 10) / 1e6, 12)
})

test('what making the tool cost has no part in it', async () => {
  const cheap = { ...toolOf('mean'), provenance: { tokens: 10, costUsd: 0 } } as ToolVersion
  expect(await savings(context({ scripts }), cheap)).toEqual(await savings(context({ scripts }), toolOf('mean')))
})

test('a reuse whose plan was longer than one with a script loses', async () => {
  const saved = await savings(
    context({ scripts, planning: { inputTokens: 12_000, outputTokens: 900 } }),
    toolOf('mean'),
  )
  expect(saved.tokensSaved).toBe(-10_300 - 200)
  expect(saved.costSavedUsd).toBeLessThan(0)
})

test('tools of one plan share it, and each counts once', async () => {
  const run = context({ scripts, reused: 2 })
  expect((await savings(run, toolOf('one'))).tokensSaved).toBe(150)
  expect((await savings(run, toolOf('two'))).tokensSaved).toBe(150)
  expect(await savings(run, toolOf('two'))).toEqual({ tokensSaved: 0, costSavedUsd: 0 })
})

test('of two runs the mean is the middle', async () => {
  const saved = await savings(context({ scripts: scripts.slice(0, 2) }), toolOf('mean'))
  expect(saved.tokensSaved).toBe(5_250 - 2_000 + (2_350 - 100))
})

test('without a run that was solved by a script, the tool’s own length is its length', async () => {
  const saved = await savings(context({}), toolOf('mean'))
  expect(saved.tokensSaved).toBe(100)
  expect(saved.costSavedUsd).toBeCloseTo(100 * 10e-6, 12)
})

test('without a price the plan’s own bill tells, and without that nobody knows', async () => {
  const billed = await savings(context({ price: null, planning: { costUsd: 0.021 } }), toolOf('mean'))
  expect(billed.costSavedUsd).toBeCloseTo(100 * 0.00001, 12)
  const unknown = await savings(context({ price: null, planning: { costUsd: null } }), toolOf('mean'))
  expect(unknown).toEqual({ tokensSaved: 100, costSavedUsd: null })
})
