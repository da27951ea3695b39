import { describe, expect, test } from 'vitest'
import { estimateUsage } from '../../src/models/estimate-usage.ts'
import { addUsage } from '../../src/util/spending.ts'
import { estimateTokens } from '../../src/util/estimate-tokens.ts'

describe('an estimate of tokens', () => {
  test.each([
    ['', 0],
    ['word', 1],
    ['a longer sentence.', 5],
    ['数据分析', 4],
    ['👋👋', 2],
  ])('%j has %i', (text, tokens) => {
    expect(estimateTokens(text)).toBe(tokens)
  })

  test('of a call counts the instructions, every message, the text and the reasoning, and says that it is one', () => {
    const prompt = { instructions: 'abcd', messages: [{ role: 'user' as const, content: 'abcdefgh' }] }
    expect(estimateUsage(prompt, { text: 'abcd', reasoning: 'abcdefgh' })).toEqual({
      inputTokens: 3,
      outputTokens: 3,
      cachedInputTokens: 0,
      reasoningTokens: 2,
      reported: false,
    })
  })

  test('makes a sum an estimate', () => {
    const reported = { inputTokens: 1, outputTokens: 2, cachedInputTokens: 3, reasoningTokens: 4, reported: true }
    expect(addUsage(reported, reported)).toEqual({
      inputTokens: 2,
      outputTokens: 4,
      cachedInputTokens: 6,
      reasoningTokens: 8,
      reported: true,
    })
    expect(addUsage(reported, { ...reported, reported: false }).reported).toBe(false)
  })
})
