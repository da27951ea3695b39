import type { ModelPrice } from '../../contracts/models.ts'
import type { PlanUsage, ToolUse, ToolVersion } from '../../contracts/tool.ts'
import { estimateTokens } from '../../util/estimate-tokens.ts'
import type { RunContext, RunProgress } from '../run/run-context.ts'

type Savings = Pick<ToolUse, 'tokensSaved'> & { costSavedUsd: number | null }
type Planning = NonNullable<RunProgress['planning']>

export const NOTHING_SAVED: Savings = Object.freeze({ tokensSaved: 0, costSavedUsd: 0 })

/**
 * What a reuse saves: the run would have asked for a script in the same plan call. That is measured by the latest runs that did
 * so: the middle one of their tokens in, and of those out, less what the planning of this run used. Where no run has done so yet, the script is
 * taken to be as long as the tool. Tools of one plan share what it saves. Once in a run: the second call would not have
 * needed another script. What making the tool cost has no part in it, or a wasteful making would look good.
 */
export async function savings(context: RunContext, tool: ToolVersion): Promise<Savings> {
  const { progress, dependencies } = context
  const key = `${tool.name}@${tool.version}`
  const { planning } = progress
  if (progress.credited.has(key) || planning === null) return NOTHING_SAVED
  progress.credited.add(key)
  const measured = await dependencies.library.scriptUsage()
  const share = 1 / Math.max(1, progress.reusePlanned)
  const saved =
    measured.length === 0
      ? { inputTokens: 0, outputTokens: estimateTokens(tool.code) }
      : {
          inputTokens: share * (middle(measured, 'inputTokens') - planning.inputTokens),
          outputTokens: share * (middle(measured, 'outputTokens') - planning.outputTokens),
        }
  const price = dependencies.gateway.describe().find(({ model }) => model === planning.model)?.price ?? null
  return {
    tokensSaved: Math.round(saved.inputTokens + saved.outputTokens),
    costSavedUsd: priceOf(saved, price, planning),
  }
}

/** Where no price is known the plan's own bill tells what a token cost, in and out alike. */
function priceOf(saved: PlanUsage, price: ModelPrice | null, planning: Planning): number | null {
  if (price !== null) {
    return (saved.inputTokens * price.inputUsd + saved.outputTokens * price.outputUsd) / 1_000_000
  }
  const tokens = planning.inputTokens + planning.outputTokens
  if (planning.costUsd === null || tokens === 0) return planning.costUsd
  return ((saved.inputTokens + saved.outputTokens) * planning.costUsd) / tokens
}

function middle(measured: readonly PlanUsage[], name: keyof PlanUsage): number {
  const sorted = measured.map((usage) => usage[name]).toSorted((left, right) => left - right)
  const half = sorted.length / 2
  const [lower = 0, upper = 0] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]]
  return (lower + upper) / 2
}
