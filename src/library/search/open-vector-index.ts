import type { Embedder } from '../../contracts/embeddings.ts'
import { HandaxeError } from '../../contracts/errors.ts'
import type { ToolState } from '../../contracts/tool.ts'
import type { StoreWithVectors, VectorStatus, VectorSupport, VectorTrust } from '../../contracts/vectors.ts'
import { embedMissing, type EmbeddedTools } from './embed-missing.ts'
import { meterEmbedder } from './meter-embedder.ts'
import { MIN_COMPARED, NEIGHBOURS, UNTRIED_TRUST } from './fuse-vectors.ts'
import type { SearchOptions, VectorFinder } from './search-tools.ts'
import { tryVectors } from './try-vectors.ts'

export interface VectorIndexOptions {
  /** Stays with who opened it. */
  store: Pick<StoreWithVectors, 'tools' | 'vectors'>
  embedder: Embedder
  /** Told, once each, why a search goes on by words alone, or without some of the tools. */
  onWarning?: (warning: VectorWarning) => void
}

export interface VectorWarning {
  message: string
  hint: string
}

export interface EmbedOptions {
  /** Makes the vectors of this model anew. */
  again?: boolean
  signal?: AbortSignal
  onProgress?: (progress: { embedded: number; missing: number }) => void
}

export interface EmbedReport extends EmbeddedTools {
  trust: VectorTrust
}

/** Vectors of a library's tools, by one embedding model. */
export interface VectorIndex extends VectorFinder {
  /** Why there can be no vectors here, or what compares them; and how many there are. */
  status(): Promise<{ support: VectorSupport; status: VectorStatus | null }>
  /**
   * Gives every tool a vector, and measures how far vectors are to be trusted. What is done when it is interrupted stays
   * done. Rejects with what the embedding model and the store reject with.
   */
  embedAll(options?: EmbedOptions): Promise<EmbedReport>
}

/** A search waits no longer than this for the vector of its text. */
const SEARCH_TIMEOUT_MS = 5000
const SEARCH_DEADLINE_MS = 8000

/** Tools that a search gives a vector on its way: two requests to the model. */
const EMBEDDED_BY_SEARCH = 64

/** After a failure words alone decide for this long, so that not every search waits for the next one. */
const REST_MS = 60_000

/** For so long what is known of the index is taken for true: another process may change it. */
const STATUS_MS = 30_000

/** Vectors of texts asked for before: one run searches by the same text more than once. */
const REMEMBERED_TEXTS = 64

/** Of a longer text the beginning is embedded: most models read no further. */
const MAX_TEXT_CHARACTERS = 4000

export function openVectorIndex(options: VectorIndexOptions): VectorIndex {
  return new StoredVectorIndex(options)
}

class StoredVectorIndex implements VectorIndex {
  readonly #store: VectorIndexOptions['store']
  readonly #embedder: Embedder
  readonly #onWarning: (warning: VectorWarning) => void
  readonly #warned = new Set<string>()
  readonly #texts = new Map<string, Float32Array<ArrayBuffer>>()
  #restUntil = 0
  #status: { value: VectorStatus; at: number } | null = null

  constructor({ store, embedder, onWarning = () => undefined }: VectorIndexOptions) {
    this.#store = store
    this.#embedder = embedder
    this.#onWarning = onWarning
  }

  async find(
    text: string,
    states: ToolState[],
    { meter, signal }: Pick<SearchOptions, 'meter' | 'signal'> = {},
  ): ReturnType<VectorFinder['find']> {
    if (Date.now() < this.#restUntil) return null
    try {
      return await this.#find(text, states, stoppable(meterEmbedder(this.#embedder, meter), signal))
    } catch (error) {
      if (!HandaxeError.isInstance(error)) throw error
      // Of one run, which says so itself: others go on searching by meaning.
      if (error.code.startsWith('budget_') || signal?.aborted) return null
      this.#restUntil = Date.now() + REST_MS
      this.#warn(`Searching by words alone: ${error.message}`, error.hint ?? '')
      return null
    }
  }

  async status(): Promise<{ support: VectorSupport; status: VectorStatus | null }> {
    const { vectors } = this.#store
    const support = await vectors.support()
    return { support, status: support.available ? await vectors.status(this.#embedder.model) : null }
  }

  async embedAll({ again = false, signal, onProgress }: EmbedOptions = {}): Promise<EmbedReport> {
    const { vectors } = this.#store
    const support = await vectors.support()
    if (!support.available) throw new HandaxeError('store_unavailable', support.reason, { hint: support.hint })
    if (again) await vectors.clear(this.#embedder.model)
    this.#texts.clear()
    this.#status = null
    const bounds = signal === undefined ? {} : { signal }
    const embedded = await embedMissing(this.#store, this.#embedder, {
      ...bounds,
      limit: Infinity,
      ...(onProgress === undefined ? {} : { onProgress }),
    })
    const trust = await tryVectors(this.#store, this.#embedder, bounds)
    await vectors.setTrust(this.#embedder.model, trust)
    return { ...embedded, trust }
  }

  async #find(text: string, states: ToolState[], embedder: Embedder): ReturnType<VectorFinder['find']> {
    const support = await this.#store.vectors.support()
    if (!support.available) {
      this.#warn(`Searching by words alone: ${support.reason}`, support.hint)
      return null
    }
    const status = await this.#bringUpToDate(embedder)
    if (status.embedded < MIN_COMPARED) return null
    const vector = await this.#embed(text.slice(0, MAX_TEXT_CHARACTERS).toWellFormed(), embedder)
    if (status.dimensions !== vector.length) {
      this.#warn(
        `Searching by words alone: ${this.#embedder.model} gives vectors of ${vector.length} numbers, stored are ${status.dimensions}`,
        'Another model answers by that name now. `handaxe tools embed --again` makes all vectors anew.',
      )
      return null
    }
    const { model } = this.#embedder
    const neighbours = await this.#store.vectors.search({ model, vector, limit: NEIGHBOURS, states })
    return { neighbours, trust: status.trust ?? UNTRIED_TRUST }
  }

  /** New tools get their vector with the next search; a library that was never embedded is left to `embedAll`. */
  async #bringUpToDate(embedder: Embedder): Promise<VectorStatus> {
    const known = this.#status
    if (known !== null && known.value.missing === 0 && Date.now() - known.at < STATUS_MS) return known.value
    const { vectors } = this.#store
    const { model } = this.#embedder
    let value = await vectors.status(model)
    const tools = value.embedded + value.missing
    if (value.missing > 0 && tools >= MIN_COMPARED) {
      await embedMissing(this.#store, embedder, { limit: EMBEDDED_BY_SEARCH, ...searchBounds() })
      value = await vectors.status(model)
      if (value.missing > 0) {
        this.#warn(
          `${value.missing} of ${tools} tools have no vector of ${model} yet and are found by words alone`,
          'Run `handaxe tools embed`.',
        )
      }
    }
    this.#status = { value, at: Date.now() }
    return value
  }

  async #embed(text: string, embedder: Embedder): Promise<Float32Array<ArrayBuffer>> {
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    const { vectors } = await embedder.embed({ texts: [text], ...searchBounds() })
    const [vector] = vectors
    if (vector === undefined) throw new TypeError('An embedding model gave no vector')
    const [oldest] = this.#texts.keys()
    if (this.#texts.size >= REMEMBERED_TEXTS && oldest !== undefined) this.#texts.delete(oldest)
    this.#texts.set(text, vector)
    return vector
  }

  #warn(message: string, hint: string): void {
    if (this.#warned.has(message)) return
    this.#warned.add(message)
    this.#onWarning({ message, hint })
  }
}

/** The same model, whose calls all end with the signal. */
function stoppable(embedder: Embedder, signal: AbortSignal | undefined): Embedder {
  if (signal === undefined) return embedder
  return { model: embedder.model, key: embedder.key, embed: (request) => embedder.embed({ ...request, signal }) }
}

function searchBounds(): { timeoutMs: number; deadlineAt: number } {
  return { timeoutMs: SEARCH_TIMEOUT_MS, deadlineAt: Date.now() + SEARCH_DEADLINE_MS }
}
