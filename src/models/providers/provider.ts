import type { EmbeddingModel, LanguageModel } from 'ai'
import type { FinishReason, ModelPrice, TokenUsage } from '../../contracts/models.ts'
import type { ProviderConfig } from '../gateway-config.ts'

/** What one call needs to reach its model. */
export interface Connection {
  baseUrl: string
  /** Empty where the provider needs none and none is set. */
  apiKey: string
  headers: Record<string, string>
  fetch: typeof globalThis.fetch
  config: ProviderConfig
}

/** The AI SDK's model objects; the plain names that its type also allows would go to Vercel's gateway. */
export type SdkModel = Exclude<LanguageModel, string>

export type SdkEmbeddingModel = Exclude<EmbeddingModel, string>

/** `providerOptions` of the AI SDK. */
export type SdkOptions = Record<string, Record<string, string | number | boolean>>

export interface ReplyFacts {
  promptCharacters: number
  /** As the server reported it. */
  usage: TokenUsage
  finishReason: FinishReason
  maxOutputTokens: number
}

/** What handaxe knows of a provider before any configuration. */
export interface ProviderDefinition {
  name: string
  baseUrl: string
  /** Variable that overrides `baseUrl`. */
  baseUrlVariable?: string
  /** Turns what people write into `baseUrlVariable` or the configuration into a base URL. */
  normalizeBaseUrl?: (text: string) => string
  keyVariable: string | null
  /** It runs on the user's own machine: a refused connection means that it is not started, and tokens cost nothing. */
  local: boolean
  /** What to do when nothing answers at its address. */
  startHint?: string
  /** Loads the provider's package on first use: start-up does not pay for providers that are not called. */
  createModel(modelName: string, connection: Connection): Promise<SdkModel>
  /** Absent for a provider that offers no embeddings. */
  createEmbeddingModel?: (modelName: string, connection: Connection) => Promise<SdkEmbeddingModel>
  /** What the AI SDK should be told with every call. */
  callOptions?: (provider: Pick<Provider, 'baseUrl' | 'config'>) => SdkOptions | undefined
  /** US dollars, from the usage record of a provider that bills in its replies; null where it does not say. */
  readCostUsd?: (rawUsage: Record<string, unknown>) => number | null
  /** For a server that cuts long prompts without a word: why this reply cannot be trusted, or null. */
  findCutPrompt?: (facts: ReplyFacts) => { message: string; hint: string } | null
  /** Price of a model that is not in the table. */
  priceOf?: (modelName: string) => ModelPrice | null
}

/** A provider with the configuration and the environment applied: ready to be called. */
export interface Provider extends ProviderDefinition {
  config: ProviderConfig
  key: { variable: string; required: boolean; value: string } | null
}
