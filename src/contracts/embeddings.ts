import type { ModelId } from './models.ts'

/** Texts to be turned into vectors. */
export interface EmbeddingRequest {
  /** None of them empty. Any number: they are sent in batches. */
  texts: readonly string[]
  /** Milliseconds for one attempt of one batch. */
  timeoutMs?: number
  /** Epoch milliseconds after which no retry may begin or wait. */
  deadlineAt?: number
  signal?: AbortSignal
}

export interface EmbeddingReply {
  /** One for each text, in order; all of the same length, of finite numbers, none of them all zeros. */
  vectors: Float32Array<ArrayBuffer>[]
  usage: {
    inputTokens: number
    /** False where the provider did not report them and they are an estimate by length. */
    reported: boolean
  }
  /** US dollars; null where the price is not known. */
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
  /** Counts a call that is about to begin. False: there is nothing left to pay it with, and words alone decide. */
  begin(): boolean
  end(call: Omit<EmbeddingReply, 'vectors'> & { model: ModelId }): void
}
