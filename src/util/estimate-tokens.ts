/**
 * Tokens of a text by its length: four ASCII characters a token, and one token for every other character, which is
 * near the truth for English and code and errs on the high side for other scripts. Long numbers take up to twice as many.
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

/** Tokens of all that a model is sent. */
export function estimatePromptTokens(prompt: {
  instructions: string
  messages: readonly { content: string }[]
}): number {
  return prompt.messages.reduce(
    (sum, { content }) => sum + estimateTokens(content),
    estimateTokens(prompt.instructions),
  )
}
