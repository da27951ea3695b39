import type { AttemptMeter, ModelId, Spending } from './models.ts'

/** Texts to be turned into vectors. */
export interface EmbeddingRequest {
  /** None of them empty. Any number: they are sent in batches. */
  texts: readonly string[]
  /** Milliseconds for one attempt of one batch. */
  timeoutMs?: number
  /** Epoch milliseconds after which no retry may begin or wait. */
  deadlineAt?: number
  signal?: AbortSignal
  /** Asked before each attempt, and told what it used. */
  meter?: AttemptMeter
}

export interface EmbeddingReply {
  /** One for each text, in order; all of the same length, of finite numbers, none of them all zeros. */
  vectors: Float32Array<ArrayBuffer>[]
  usage: {
    inputTokens: number
    /** False where the provider did not report them and they are an estimate by length. */
    reported: boolean
  }
  /** US dollars, of all attempts; null where the price is not known. */
  costUsd: number | null
  /** Over all batches. */
  attempts: number
  wallMs: number
}

/**
 * An embedding model: texts that mean the same get vectors that point the same way. Rejects with `HandaxeError` only:
 * `missing_key` and all that a `Model` rejects with.
 */
export interface Embedder {
  readonly model: ModelId
  /** Which environment variable holds the key; null where none is needed. */
  readonly key: { variable: string; present: boolean } | null
  embed(request: EmbeddingRequest): Promise<EmbeddingReply>
}

/** Who pays for the embedding calls of a search. */
export interface EmbeddingMeter {
  /**
   * Counts a call that is about to begin. Null: there is nothing left to pay it with, and words alone decide.
   */
  begin(): EmbeddingAccount | null
}

/** Pays the attempts of one embedding call. They never wait: what there is no room for is refused. */
export interface EmbeddingAccount extends AttemptMeter {
  /** Called once, however the call ended. */
  end(call: EmbeddingCall): void
}

export interface EmbeddingCall {
  model: ModelId
  /** As the reply or the error says. It counts where the embedder did not ask before its attempts. */
  spending: Spending | null
  attempts: number
  wallMs: number
  /** Why there are no vectors; null where there are. */
  problem: string | null
}
