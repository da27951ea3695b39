import type { Difficulty, ModelId, ModelPrice, Role, Tier } from '../contracts/models.ts'

/** Where a provider is reached and how. Secrets are never written here: `keyVariable` names the variable that holds one. */
export interface ProviderConfig {
  /** For a provider that handaxe does not know: the base of an OpenAI-compatible interface, with its `/v1`. */
  baseUrl?: string | undefined
  /** The environment variable with the key; naming one makes the key required. */
  keyVariable?: string | undefined
  /** Sent with every request; treated as secret in errors. */
  headers?: Record<string, string> | undefined
  /** Which interface `openai` is called by. Default: `responses` at api.openai.com, `chat` at any other address. */
  api?: 'chat' | 'responses' | undefined
  /** The name by which an OpenAI-compatible server wants the bound on the output. Default `max_tokens`. */
  outputLimitParameter?: 'max_tokens' | 'max_completion_tokens' | undefined
}

/** `ModelPrice` as a parsed configuration holds it. */
export type PriceConfig = Omit<ModelPrice, 'cachedInputUsd'> & { cachedInputUsd?: number | undefined }

/** Counts of one model in one tier, to go on from an earlier process. */
export interface ModelStatistics {
  tier: Tier
  model: ModelId
  calls: number
  failures: number
  /** US dollars, of the calls whose price was known. */
  costUsd: number
}

export type RoleRoute = Tier | Record<Difficulty, Tier>

/** Everything that a gateway needs, as plain data. It reads neither the environment nor files. */
export interface GatewayConfig {
  /** In order of preference: the next one is asked when the one before is down. */
  tiers: Record<Tier, ModelId[]>
  roles?: Partial<Record<Role, RoleRoute>> | undefined
  providers?: Record<string, ProviderConfig> | undefined
  /** Environment variables by name: the keys, and addresses such as `OPENAI_BASE_URL` and `OLLAMA_HOST`. */
  keys: Record<string, string | undefined>
  prices?: Record<ModelId, PriceConfig> | undefined
  maxOutputTokens?: Partial<Record<Tier, number>> | undefined
  /** Milliseconds for one attempt, from the request to the last byte. */
  timeoutMs?: number | undefined
  /** Milliseconds of silence after the reply has begun. */
  stallMs?: number | undefined
  /** Attempts after the first. */
  retries?: number | undefined
  /** Milliseconds before the first retry; doubles with each. */
  backoffMs?: number | undefined
  statistics?: ModelStatistics[] | undefined
}

export const TIERS = ['fast', 'strong', 'reasoning'] as const satisfies readonly Tier[]

/**
 * Room for a whole tool with its explanation. Models that think spend these tokens on thinking too, hence the larger
 * value for `reasoning`; several models in use refuse more than 16384.
 */
export const DEFAULT_MAX_OUTPUT_TOKENS: Readonly<Record<Tier, number>> = Object.freeze({
  fast: 16_000,
  strong: 16_000,
  reasoning: 32_000,
})

/** A reasoning model may think for minutes before its first byte. */
export const DEFAULT_TIMEOUT_MS = 300_000

/** Every provider sends something (a token, a ping, a comment) far more often than this once it has begun to answer. */
export const DEFAULT_STALL_MS = 60_000

export const DEFAULT_RETRIES = 3
export const DEFAULT_BACKOFF_MS = 500
