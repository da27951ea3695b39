import type { Message, TokenUsage } from '../contracts/models.ts'
import { estimatePromptTokens, estimateTokens } from '../util/estimate-tokens.ts'

/** What a call would have used, for those who do not report it. */
export function estimateUsage(
  prompt: { instructions: string; messages: readonly Message[] },
  reply: { text: string; reasoning: string },
): TokenUsage {
  const reasoningTokens = estimateTokens(reply.reasoning)
  return {
    inputTokens: estimatePromptTokens(prompt),
    outputTokens: estimateTokens(reply.text) + reasoningTokens,
    cachedInputTokens: 0,
    reasoningTokens,
    reported: false,
  }
}
