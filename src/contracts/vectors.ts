import type { ModelId } from './models.ts'
import type { IndexHit, Store } from './store.ts'
import type { ToolState } from './tool.ts'

/** Whether the store can compare vectors here, and if not, why and what to do about it. */
export type VectorSupport =
  | { available: true; /** By what: name and version. */ detail: string }
  | { available: false; reason: string; hint: string }

/** How far the vectors of a model are trusted in this library. */
export interface VectorTrust {
  /** From 0 (words alone order the tools) to 1 (vectors alone). */
  share: number
  /** From this excess over other neighbours on a tool is worth showing although no word speaks for it. */
  floor: number
  /** Example requests that this was measured by. */
  probes: number
}

export interface VectorStatus {
  /** Null where no vector of the model is stored. */
  dimensions: number | null
  /** Tools whose current version has a vector. */
  embedded: number
  /** Tools that may be found and whose current version has none. */
  missing: number
  /** Null where it was never measured. */
  trust: VectorTrust | null
}

/** A tool whose current version has no vector yet. */
export interface UnembeddedTool {
  name: string
  version: number
  /** Of the text that the vector of another version was made of; null where there is none. */
  textHash: string | null
}

export interface ToolVector {
  name: string
  version: number
  textHash: string
  /** Null: the text is the same as that of the vector which is there, and that one stays. */
  vector: Float32Array<ArrayBuffer> | null
}

export interface VectorQuery {
  model: ModelId
  vector: Float32Array<ArrayBuffer>
  limit: number
  states: ToolState[]
}

export interface VectorHit extends IndexHit {
  /** Cosine, from -1 to 1. */
  similarity: number
}

export interface VectorNeighbours {
  /** Nearest first; equal ones in the order in which the tools were made. */
  hits: VectorHit[]
  /** Of all tools that the query was compared with: how many, and mean and standard deviation of their similarity. */
  compared: number
  mean: number
  deviation: number
}

/**
 * Vectors of tools, one for each tool and model: that of the version which was the current one when it was stored. They
 * can be made anew at any time, so they are not moved between stores. All methods but `support` may only be called where
 * `support` says that vectors are available.
 */
export interface VectorStore {
  /** Prepares what is needed at its first call. Rejects only where the store itself cannot be reached. */
  support(): Promise<VectorSupport>
  status(model: ModelId): Promise<VectorStatus>
  /** Tools that may be found (not quarantined, not retired) without a vector of their current version, oldest first. */
  missing(model: ModelId, limit: number): Promise<UnembeddedTool[]>
  /**
   * All or none. What is no longer the current version, or no longer there, is passed over. Rejects with
   * `invalid_configuration` where vectors of another length are stored for the model.
   */
  put(model: ModelId, vectors: readonly ToolVector[]): Promise<void>
  /** Compares with all vectors of current versions, exactly. None where the model has vectors of another length. */
  search(query: VectorQuery): Promise<VectorNeighbours>
  setTrust(model: ModelId, trust: VectorTrust): Promise<void>
  /** Forgets all vectors of the model; gives their number. */
  clear(model: ModelId): Promise<number>
}

/** A store that may be able to compare vectors, too. */
export interface StoreWithVectors extends Store {
  readonly vectors: VectorStore
}
