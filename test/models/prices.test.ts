import { describe, expect, test } from 'vitest'
import { DEFAULT_MODELS } from '../../src/models/default-models.ts'
import { costOf, priceOf } from '../../src/models/prices.ts'

const usage = (inputTokens: number, outputTokens: number, cachedInputTokens = 0) => ({
  inputTokens,
  outputTokens,
  cachedInputTokens,
  reasoningTokens: 0,
  reported: true,
})

describe('the price of a model', () => {
  test('is known, with its date, for every default model of the providers that publish one', () => {
    for (const provider of ['anthropic', 'openai', 'deepseek']) {
      for (const model of Object.values(DEFAULT_MODELS[provider] ?? {})) {
        const price = priceOf(`${provider}/${model}`)
        expect(price, `${provider}/${model}`).not.toBeNull()
        expect(price?.date).toMatch(/^20\d\d-\d\d-\d\d$/)
        expect(price?.inputUsd).toBeGreaterThan(0)
        expect(price?.outputUsd).toBeGreaterThan(price?.inputUsd ?? Infinity)
      }
    }
  })

  test.each(['openai/gpt-99', 'nobody/x', 'n1n/gpt-6-luna', 'openrouter/a/b', '__proto__', 'constructor', '', '/'])(
    'of %j is unknown, which is not zero',
    (model) => {
      expect(priceOf(model)).toBeNull()
      expect(costOf(usage(1_000, 1_000), priceOf(model))).toBeNull()
    },
  )

  test.each(['ollama/qwen3:8b', 'lmstudio/qwen/qwen3-8b'])('of %s, on the own machine, is zero', (model) => {
    expect(costOf(usage(1_000, 1_000), priceOf(model))).toBe(0)
  })

  test.each(['ollama/gpt-oss:120b-cloud', 'ollama/glm-4.6:cloud'])(
    "of %s, on Ollama's servers, is unknown",
    (model) => {
      expect(priceOf(model)).toBeNull()
    },
  )

  test('is that of the configuration, in either spelling, where it names one', () => {
    const price = { inputUsd: 1, outputUsd: 2, date: '2026-11-01' }
    expect(priceOf('anthropic/claude-haiku-5-5', { 'anthropic/claude-haiku-5-5': price })).toEqual(price)
    expect(priceOf('ollama/qwen3:8b', { 'ollama:qwen3:8b': { ...price, cachedInputUsd: undefined } })).toEqual(price)
  })
})

describe('the cost of a call', () => {
  const price = { inputUsd: 2, outputUsd: 10, cachedInputUsd: 0.2, date: '2026-11-01' }

  test('counts cached input by its own price', () => {
    expect(costOf(usage(1_000, 100, 400), price)).toBeCloseTo((600 * 2 + 400 * 0.2 + 100 * 10) / 1e6, 15)
  })

  test('counts cached input in full where it has no price', () => {
    const { cachedInputUsd: _none, ...without } = price
    expect(costOf(usage(1_000, 100, 400), without)).toBeCloseTo((1_000 * 2 + 100 * 10) / 1e6, 15)
  })

  test('never falls below zero when a provider counts more cached than sent', () => {
    expect(costOf(usage(100, 0, 5_000), price)).toBeCloseTo((100 * 0.2) / 1e6, 15)
  })

  test('rises for the whole request above the length that the price names', () => {
    const haiku = priceOf('anthropic/claude-haiku-5-5')
    expect(costOf(usage(100_000, 1_000), haiku)).toBeCloseTo((100_000 * 0.1 + 1_000 * 0.5) / 1e6, 12)
    expect(costOf(usage(100_001, 1_000), haiku)).toBeCloseTo((100_001 * 0.5 + 1_000 * 2.5) / 1e6, 12)
  })

  test('of nothing is nothing', () => {
    expect(costOf(usage(0, 0), price)).toBe(0)
  })
})
