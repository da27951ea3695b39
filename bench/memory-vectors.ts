import type { ToolVersion } from '../src/contracts/tool.ts'
import type { IndexHit } from '../src/contracts/store.ts'
import type {
  ToolVector,
  UnembeddedTool,
  VectorNeighbours,
  VectorQuery,
  VectorStatus,
  VectorStore,
  VectorSupport,
  VectorTrust,
} from '../src/contracts/vectors.ts'
import { toIndexText } from '../src/library/search/index-text.ts'

/**
 * Vectors of one model beside a store, in memory: what is measured here is what words and vectors find together, for many
 * models, and not the store, which would take most of the time. Tools do not change meanwhile.
 */
export class MemoryVectors implements VectorStore {
  readonly #tools: readonly IndexHit[]
  readonly #vectors = new Map<string, Float32Array>()
  #trust: VectorTrust | null = null

  constructor(tools: readonly ToolVersion[]) {
    this.#tools = tools.map((tool) => ({ name: tool.name, version: tool.version, text: toIndexText(tool) }))
  }

  async support(): Promise<VectorSupport> {
    return { available: true, detail: 'memory' }
  }

  async status(): Promise<VectorStatus> {
    const [first] = this.#vectors.values()
    const embedded = this.#vectors.size
    return {
      dimensions: first?.length ?? null,
      embedded,
      missing: this.#tools.length - embedded,
      trust: this.#trust,
    }
  }

  async missing(_model: string, limit: number): Promise<UnembeddedTool[]> {
    return this.#tools
      .filter(({ name }) => !this.#vectors.has(name))
      .slice(0, limit)
      .map(({ name, version }) => ({ name, version, textHash: null }))
  }

  async put(_model: string, vectors: readonly ToolVector[]): Promise<void> {
    for (const { name, vector } of vectors) if (vector !== null) this.#vectors.set(name, vector)
  }

  async search({ vector, limit }: VectorQuery): Promise<VectorNeighbours> {
    const compared = this.#tools.map((tool) => {
      const similarity = cosine(vector, this.#vectors.get(tool.name) ?? new Float32Array(vector.length))
      return { tool, similarity }
    })
    const mean = compared.reduce((sum, { similarity }) => sum + similarity, 0) / compared.length
    const variance = compared.reduce((sum, { similarity }) => sum + (similarity - mean) ** 2, 0) / compared.length
    const hits = compared
      .toSorted((left, right) => right.similarity - left.similarity)
      .slice(0, limit)
      .map(({ tool, similarity }) => ({ ...tool, similarity }))
    return { hits, compared: compared.length, mean, deviation: Math.sqrt(variance) }
  }

  async setTrust(_model: string, trust: VectorTrust): Promise<void> {
    this.#trust = trust
  }

  async clear(): Promise<number> {
    const { size } = this.#vectors
    this.#vectors.clear()
    this.#trust = null
    return size
  }
}

/** Of vectors of length one. */
function cosine(left: Float32Array, right: Float32Array): number {
  let sum = 0
  for (let index = 0; index < left.length; index += 1) sum += (left[index] ?? 0) * (right[index] ?? 0)
  return sum
}
