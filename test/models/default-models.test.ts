import { describe, expect, test } from 'vitest'
import { chooseTiers, DEFAULT_MODELS } from '../../src/models/default-models.ts'
import { openGateway } from '../../src/models/open-gateway.ts'

describe('the models of somebody who configured none', () => {
  test('are those of the one key that is set', () => {
    expect(chooseTiers({ DEEPSEEK_API_KEY: 'sk-x', OPENAI_API_KEY: '', PATH: '/bin' })).toEqual({
      fast: ['deepseek/deepseek-flash'],
      strong: ['deepseek/deepseek-v4-pro'],
      reasoning: ['deepseek/deepseek-v4-pro'],
    })
  })

  test('come in a fixed order where several keys are set, for fall-over', () => {
    const keys = {
      N1N_API_KEY: 'a',
      OPENROUTER_API_KEY: 'b',
      DEEPSEEK_API_KEY: 'c',
      OPENAI_API_KEY: 'd',
      ANTHROPIC_API_KEY: 'e',
    }
    const tiers = chooseTiers(keys, { ollamaModels: ['qwen3:8b'] })
    const providers = tiers?.strong.map((id) => id.slice(0, id.indexOf('/')))
    expect(providers).toEqual(['anthropic', 'openai', 'deepseek', 'openrouter', 'n1n', 'ollama'])
  })

  test('are the newest local model that can answer where there is no key', () => {
    const ollamaModels = ['nomic-embed-text:latest', 'bge-m3:latest', 'qwen3:8b', 'llama3.2:1b']
    expect(chooseTiers({}, { ollamaModels })).toEqual({
      fast: ['ollama/qwen3:8b'],
      strong: ['ollama/qwen3:8b'],
      reasoning: ['ollama/qwen3:8b'],
    })
  })

  test('are none where there is nothing', () => {
    expect(chooseTiers({})).toBeNull()
    expect(chooseTiers({ ANTHROPIC_API_KEY: '   ' }, { ollamaModels: ['all-minilm'] })).toBeNull()
  })

  test('can all be opened', () => {
    const keys = Object.fromEntries(
      Object.keys(DEFAULT_MODELS).map((name) => [`${name.toUpperCase()}_API_KEY`, 'sk-x']),
    )
    const tiers = chooseTiers(keys)
    expect(tiers?.fast).toHaveLength(Object.keys(DEFAULT_MODELS).length)
    if (tiers !== null)
      expect(
        openGateway({ tiers, keys })
          .describe()
          .every(({ key }) => key?.present),
      ).toBe(true)
  })
})
