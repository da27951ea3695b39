import type { ModelId, Tier } from '../contracts/models.ts'
import { toModelId } from './parse-model-id.ts'
import { KNOWN_PROVIDERS } from './providers/resolve-provider.ts'

export { findOllama } from './find-ollama.ts'

/** When the names below were last held against the providers' lists; they go out of date faster than this code. */
export const DEFAULT_MODELS_DATE = '2026-11-22'

/**
 * Which model of each provider serves each tier. The names of Anthropic, OpenAI and DeepSeek are in the lists of the AI
 * SDK's packages of that date; those of OpenRouter follow its spelling; n1n passes the makers' own names on.
 */
export const DEFAULT_MODELS: Readonly<Record<string, Readonly<Record<Tier, string>>>> = {
  anthropic: { fast: 'claude-haiku-5-5', strong: 'claude-sonnet-5-5', reasoning: 'claude-opus-5-5' },
  openai: { fast: 'gpt-6-luna', strong: 'gpt-6.1-sol', reasoning: 'gpt-6-astra' },
  deepseek: { fast: 'deepseek-flash', strong: 'deepseek-v4-pro', reasoning: 'deepseek-v4-pro' },
  openrouter: {
    fast: 'openai/gpt-6-luna',
    strong: 'anthropic/claude-sonnet-5.5',
    reasoning: 'anthropic/claude-opus-5.5',
  },
  n1n: { fast: 'gpt-6-luna', strong: 'claude-sonnet-5-5', reasoning: 'claude-opus-5-5' },
}

/** Models that turn text into vectors and answer nothing. */
const EMBEDDING_MODEL = /embed|minilm|\bbge\b|^bge-|rerank/i

/**
 * The models of each tier for somebody who configured none: those of every provider whose key is set, in the order
 * anthropic, openai, deepseek, openrouter, n1n, and last the local Ollama model that was changed most recently, if
 * `ollamaModels` (from `findOllama`, newest first) names one that can answer. Null where there is nothing at all.
 */
export function chooseTiers(
  keys: Readonly<Record<string, string | undefined>>,
  { ollamaModels = [] }: { ollamaModels?: readonly string[] } = {},
): Record<Tier, ModelId[]> | null {
  const tiers: Record<Tier, ModelId[]> = { fast: [], strong: [], reasoning: [] }
  for (const { name, keyVariable } of KNOWN_PROVIDERS) {
    const models = DEFAULT_MODELS[name]
    if (models === undefined || keyVariable === null || !keys[keyVariable]?.trim()) continue
    for (const tier of ['fast', 'strong', 'reasoning'] as const) {
      tiers[tier].push(toModelId({ provider: name, model: models[tier] }))
    }
  }
  const local = ollamaModels.find((model) => !EMBEDDING_MODEL.test(model))
  if (local !== undefined) {
    for (const models of Object.values(tiers)) models.push(toModelId({ provider: 'ollama', model: local }))
  }
  return tiers.fast.length === 0 ? null : tiers
}
