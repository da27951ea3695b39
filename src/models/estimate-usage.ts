import type { Message, TokenUsage } from '../contracts/models.ts'

/**
 * Tokens of a text by its length: four ASCII characters a token, and one token for every other character, which is
 * near the truth for English and code and errs on the high side for other scripts.
 */
export function estimateTokens(text: string): number {
  let ascii = 0
  let other = 0
  for (const character of text) {
    if (character.charCodeAt(0) < 128) ascii++
    else other++
  }
  return Math.ceil(ascii / 4) + other
}

/** What a call would have used, for those who do not report it. */
export function estimateUsage(
  prompt: { instructions: string; messages: readonly Message[] },
  reply: { text: string; reasoning: string },
): TokenUsage {
  const reasoningTokens = estimateTokens(reply.reasoning)
  const inputTokens = [prompt.instructions, ...prompt.messages.map(({ content }) => content)].reduce(
    (sum, text) => sum + estimateTokens(text),
    0,
  )
  return {
    inputTokens,
    outputTokens: estimateTokens(reply.text) + reasoningTokens,
    cachedInputTokens: 0,
    reasoningTokens,
    reported: false,
  }
}

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
