import type { Spending, TokenUsage } from '../contracts/models.ts'

/** Usage of several calls together: an estimate as soon as one of them is. */
export function addUsage(left: TokenUsage, right: TokenUsage): TokenUsage {
  return {
    inputTokens: left.inputTokens + right.inputTokens,
    outputTokens: left.outputTokens + right.outputTokens,
    cachedInputTokens: left.cachedInputTokens + right.cachedInputTokens,
    reasoningTokens: left.reasoningTokens + right.reasoningTokens,
    reported: left.reported && right.reported,
  }
}

/** Spending together; null: nothing was billed. A cost that is not known makes the sum unknown. */
export function addSpending(left: Spending | null, right: Spending | null): Spending | null {
  if (left === null || right === null) return left ?? right
  return {
    usage: addUsage(left.usage, right.usage),
    costUsd: left.costUsd === null || right.costUsd === null ? null : left.costUsd + right.costUsd,
  }
}

/** What a failed call used, as its error's details say; null where they do not. */
export function readSpending({ usage, costUsd }: Record<string, unknown>): Spending | null {
  if (typeof usage !== 'object' || usage === null) return null
  const counts = { ...usage } as Record<string, unknown>
  return {
    usage: {
      inputTokens: toCount(counts['inputTokens']),
      outputTokens: toCount(counts['outputTokens']),
      cachedInputTokens: toCount(counts['cachedInputTokens']),
      reasoningTokens: toCount(counts['reasoningTokens']),
      reported: counts['reported'] === true,
    },
    costUsd: typeof costUsd === 'number' && Number.isFinite(costUsd) && costUsd >= 0 ? costUsd : null,
  }
}

function toCount(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0
}
