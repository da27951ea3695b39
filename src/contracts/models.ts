/** `provider/model`, such as `anthropic/claude-sonnet-5`. `provider:model` is accepted where a person writes it. */
export type ModelId = string

/** What kind of work a model does in the loop. */
export type Role = 'planner' | 'coder' | 'tester' | 'reviewer' | 'answerer'

/** How strong a model is asked for. The configuration maps each tier to models. */
export type Tier = 'fast' | 'strong' | 'reasoning'

export type Difficulty = 'easy' | 'medium' | 'hard'

export interface Message {
  role: 'user' | 'assistant'
  content: string
}

export interface TokenUsage {
  inputTokens: number
  outputTokens: number
  /** Part of `inputTokens` that the provider read from its cache. */
  cachedInputTokens: number
  /** Part of `outputTokens` that was reasoning. */
  reasoningTokens: number
  /** False where the provider did not report all of them: what is missing is an estimate by length. */
  reported: boolean
}

/** What attempts used, whatever came of them. */
export interface Spending {
  usage: TokenUsage
  /** US dollars; null where a price is not known. */
  costUsd: number | null
}

/** What an attempt will use at most, before anybody has counted. */
export interface AttemptEstimate {
  model: ModelId
  /** Of the prompt, by its length. */
  inputTokens: number
  maxOutputTokens: number
  /** What so many tokens cost; null where the price is not known. */
  costOf(tokens: Pick<TokenUsage, 'inputTokens' | 'outputTokens'>): number | null
}

export interface AdmittedAttempt {
  /** The most that the attempt may ask for: what was estimated, or what is left. */
  readonly maxOutputTokens: number
  /** Called once, however the attempt ended. Null: nothing was billed. */
  end(spending: Spending | null): void
}

/** Who pays for the attempts of a call. A call that is given one asks it before each attempt. */
export interface AttemptMeter {
  /**
   * Sets aside what the attempt may use; waits while other attempts hold what it needs. Rejects with the error of the bound
   * that does not allow it, and with the reason of the signal that ends the call.
   */
  begin(estimate: AttemptEstimate): Promise<AdmittedAttempt>
}

export type FinishReason = 'stop' | 'length' | 'content-filter' | 'other'

/**
 * A piece of a reply. `restart`: what came before is void because the attempt broke off and the reply begins again;
 * `text` then says why.
 */
export interface ModelDelta {
  kind: 'text' | 'reasoning' | 'restart'
  text: string
}

export interface ModelRequest {
  instructions: string
  messages: Message[]
  /** Always sent. Default: the tier's value in the configuration. */
  maxOutputTokens: number
  temperature?: number
  /** Milliseconds for one attempt. */
  timeoutMs: number
  /** Epoch milliseconds after which no retry may begin or wait. */
  deadlineAt?: number
  signal?: AbortSignal
  /** Called as the reply comes in. */
  onDelta?: (delta: ModelDelta) => void
  /** Asked before each attempt, and told what it used. */
  meter?: AttemptMeter
}

export interface ModelReply {
  text: string
  reasoning: string
  finishReason: FinishReason
  /** Of all attempts, also those that failed, and those of models that were asked before. */
  usage: TokenUsage
  /** Which model answered, as `provider/model`. */
  model: ModelId
  /** US dollars, of all attempts; null where a price is not known. */
  costUsd: number | null
  attempts: number
  wallMs: number
}

/**
 * One model of one provider, with retries. Rejects with `HandaxeError` only; `details.usage` and `details.costUsd` say what
 * the failed attempts used all the same.
 */
export interface Model {
  readonly id: ModelId
  generate(request: ModelRequest): Promise<ModelReply>
}

export interface RoutedCall extends Omit<ModelRequest, 'maxOutputTokens' | 'timeoutMs'> {
  role: Role
  /** Chooses the tier together with the role. */
  difficulty: Difficulty
  /** How often this piece of work has failed before: each failure raises the tier by one. */
  escalation: number
  /** Where it begins, instead of what role and difficulty say. */
  tier?: Tier
  /** At most this; the tier's own limit holds besides. */
  maxOutputTokens?: number
  timeoutMs?: number
}

export interface RoutedReply extends ModelReply {
  role: Role
  tier: Tier
}

export interface ModelPrice {
  /** US dollars per million tokens. */
  inputUsd: number
  outputUsd: number
  cachedInputUsd?: number
  /** ISO date on which the price was read. */
  date: string
}

export interface ModelStatus {
  tier: Tier
  model: ModelId
  /** Which environment variable holds the key, and whether it is set; null where no key is needed. */
  key: { variable: string; present: boolean } | null
  price: ModelPrice | null
  calls: number
  failures: number
  costUsd: number
}

/** Picks the model by role, difficulty and evidence, and falls over to the tier's next model when a provider is down. */
export interface Gateway {
  /** True: it asks the call's `meter` before each attempt. One that does not is counted by its replies and its errors' details. */
  readonly metersAttempts?: boolean
  /** Rejects as `Model.generate` does. */
  generate(call: RoutedCall): Promise<RoutedReply>
  /** Throws `missing_key` where none of its models can be called for want of a key. Nothing is sent. */
  assertUsable?(): void
  describe(): ModelStatus[]
  close(): Promise<void>
}
