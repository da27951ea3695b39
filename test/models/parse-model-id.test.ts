import { describe, expect, test } from 'vitest'
import { parseModelId, toModelId } from '../../src/models/parse-model-id.ts'
import { thrownBy } from './support/failure.ts'

const PROVIDERS = ['anthropic', 'openai', 'openrouter', 'ollama', 'my.server']

describe('the name of a model', () => {
  test.each([
    ['anthropic/claude-sonnet-5-5', 'anthropic', 'claude-sonnet-5-5'],
    ['anthropic:claude-sonnet-5-5', 'anthropic', 'claude-sonnet-5-5'],
    ['openrouter/z-ai/glm-4.6', 'openrouter', 'z-ai/glm-4.6'],
    ['openrouter:z-ai/glm-4.6:free', 'openrouter', 'z-ai/glm-4.6:free'],
    ['ollama/qwen3:8b', 'ollama', 'qwen3:8b'],
    ['ollama:qwen3:8b', 'ollama', 'qwen3:8b'],
    ['ollama/hf.co/unsloth/Qwen3-GGUF:Q4_K_M', 'ollama', 'hf.co/unsloth/Qwen3-GGUF:Q4_K_M'],
    ['  OpenAI/gpt-6-luna \n', 'openai', 'gpt-6-luna'],
    ['my.server/модель', 'my.server', 'модель'],
  ])('%j is split at the first slash or colon', (text, provider, model) => {
    const name = parseModelId(text, PROVIDERS)
    expect(name).toEqual({ provider, model })
    expect(toModelId(name)).toBe(`${provider}/${model}`)
  })

  test.each(['', ' ', 'gpt-6', '/gpt-6', ':gpt-6', 'openai/', 'openai:', '/', 'x'.repeat(100_000)])(
    'text without both parts is refused with an example of the right form',
    (text) => {
      const error = thrownBy(() => parseModelId(text, PROVIDERS))
      expect(error.code).toBe('invalid_configuration')
      expect(error.hint).toContain('provider/model')
      expect(error.message.length).toBeLessThan(300)
    },
  )

  test('an unknown provider is answered with the closest name and all that are known', () => {
    const error = thrownBy(() => parseModelId('antropic/claude-sonnet-5-5', PROVIDERS))
    expect(error.code).toBe('unknown_provider')
    expect(error.hint).toContain('Did you mean anthropic?')
    for (const name of PROVIDERS) expect(error.hint).toContain(name)
    expect(error.details).toMatchObject({ provider: 'antropic', closest: 'anthropic' })
  })

  test.each(['zzzzzzzz/model', '__proto__/model', 'constructor:x', `${'y'.repeat(10_000)}/m`])(
    'nothing is suggested where nothing is near',
    (text) => {
      const error = thrownBy(() => parseModelId(text, PROVIDERS))
      expect(error.code).toBe('unknown_provider')
      expect(error.hint).not.toContain('Did you mean')
      expect(error.message.length).toBeLessThan(400)
    },
  )
})
