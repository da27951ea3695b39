import type { ModelId, ModelPrice, TokenUsage } from '../contracts/models.ts'
import type { PriceConfig } from './gateway-config.ts'
import { findDefinition } from './providers/resolve-provider.ts'

/** A price that rises for the whole request when its prompt is long. */
export interface ListedPrice extends ModelPrice {
  longPrompt?: { aboveInputTokens: number; inputUsd: number; outputUsd: number; cachedInputUsd: number }
}

/**
 * US dollars per million tokens at the standard rate, without taxes, batch discounts, fast modes or cache writes (handaxe
 * asks for no cache writes). `date` is the day of the newest page that the figures were read on. They are as good as this:
 *
 * - Anthropic: base rates from the maker's "Models overview" and "Pricing"; the cache rates of Opus and Sonnet and the
 *   long-prompt rates of Haiku from price lists of third parties
 * - OpenAI: Luna from the maker's page; Sol and Astra from release notes and resellers' lists only
 * - OpenAI's embeddings: the maker's page
 * - DeepSeek: the maker's "Models & Pricing"; its prices halve outside 01:00-04:00 and 06:00-10:00 UTC on
 *   working days, and the higher ones stand here, so that a budget is never overrun by the clock
 *
 * Prices change: `prices` in the configuration goes before this table, and a model in neither has no known price.
 * Nothing is listed for OpenRouter, whose replies say what they cost, or for n1n, whose prices were
 * not found in public documentation.
 */
const LISTED_PRICES: Readonly<Record<ModelId, ListedPrice>> = {
  'anthropic/claude-haiku-5-5': {
    inputUsd: 0.1,
    outputUsd: 0.5,
    cachedInputUsd: 0.01,
    date: '2026-10-24',
    longPrompt: { aboveInputTokens: 100_000, inputUsd: 0.5, outputUsd: 2.5, cachedInputUsd: 0.05 },
  },
  'anthropic/claude-sonnet-5-5': { inputUsd: 2, outputUsd: 10, cachedInputUsd: 0.1, date: '2026-10-24' },
  'anthropic/claude-opus-5-5': { inputUsd: 4, outputUsd: 20, cachedInputUsd: 0.2, date: '2026-10-24' },
  'openai/gpt-6-luna': openaiPrice(0.1, 0.5, 0.01, '2026-10-13'),
  'openai/gpt-6.1-sol': openaiPrice(2, 10, 0.1, '2026-10-13'),
  'openai/gpt-6-astra': openaiPrice(10, 50, 1, '2026-09-07'),
  'openai/text-embedding-3-small': { inputUsd: 0.02, outputUsd: 0, date: '2026-11-22' },
  'openai/text-embedding-3-large': { inputUsd: 0.13, outputUsd: 0, date: '2026-11-22' },
  'deepseek/deepseek-flash': { inputUsd: 0.3, outputUsd: 1.2, cachedInputUsd: 0.006, date: '2026-10-17' },
  'deepseek/deepseek-v4-pro': { inputUsd: 1.32, outputUsd: 3.96, cachedInputUsd: 0.044, date: '2026-10-17' },
}

/** GPT-6 models: input doubles and output costs half as much again above 272 000 input tokens. */
function openaiPrice(inputUsd: number, outputUsd: number, cachedInputUsd: number, date: string): ListedPrice {
  return {
    inputUsd,
    outputUsd,
    cachedInputUsd,
    date,
    longPrompt: {
      aboveInputTokens: 272_000,
      inputUsd: inputUsd * 2,
      outputUsd: outputUsd * 1.5,
      cachedInputUsd: cachedInputUsd * 2,
    },
  }
}

/** What a model costs, by the given prices first, then by the table. Null where it is not known, which is not zero. */
export function priceOf(model: ModelId, overrides: Readonly<Record<ModelId, PriceConfig>> = {}): ListedPrice | null {
  const configured = ownValue(overrides, model) ?? ownValue(overrides, model.replace('/', ':'))
  if (configured !== undefined) return fromConfig(configured)
  const listed = ownValue(LISTED_PRICES, model)
  if (listed !== undefined) return listed
  const [provider = '', ...rest] = model.split('/')
  return findDefinition(provider)?.priceOf?.(rest.join('/')) ?? null
}

/** US dollars for one call; null where the price is not known. Cached input costs the full price where none is given for it. */
export function costOf(usage: TokenUsage, price: ListedPrice | null): number | null {
  if (price === null) return null
  const { longPrompt } = price
  const rate = longPrompt !== undefined && usage.inputTokens > longPrompt.aboveInputTokens ? longPrompt : price
  const cachedTokens = Math.min(usage.cachedInputTokens, usage.inputTokens)
  const dollars =
    (usage.inputTokens - cachedTokens) * rate.inputUsd +
    cachedTokens * (rate.cachedInputUsd ?? rate.inputUsd) +
    usage.outputTokens * rate.outputUsd
  return dollars / 1_000_000
}

function fromConfig({ cachedInputUsd, ...price }: PriceConfig): ModelPrice {
  return cachedInputUsd === undefined ? price : { ...price, cachedInputUsd }
}

/** Model names come from people: `__proto__` is no price. */
function ownValue<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}
