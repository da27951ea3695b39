import type { Embedder, EmbeddingRequest } from '../../contracts/embeddings.ts'
import { USABLE_STATES } from '../../contracts/tool.ts'
import type { StoreWithVectors, VectorTrust } from '../../contracts/vectors.ts'
import { probeOf } from './embedding-text.ts'
import { measureExcess, NEIGHBOURS } from './fuse-vectors.ts'
import { measureTrust, type Probe } from './measure-trust.ts'
import { FIELD_WEIGHTS } from './rank-tools.ts'
import { findByWords, rankWithNeighbours } from './search-tools.ts'

/** More example requests would say little more, and each costs a search. */
const MAX_PROBES = 200

/** Tools that are looked at for example requests: imported ones have none. */
const MAX_LOOKED_AT = 10_000

/** Without the example requests: the one that is asked must not be found by itself. */
const WEIGHTS = { ...FIELD_WEIGHTS, requests: 0 }

/** Puts example requests of the library's tools to the library, to see how far its vectors are to be trusted. */
export async function tryVectors(
  store: Pick<StoreWithVectors, 'tools' | 'vectors'>,
  embedder: Embedder,
  bounds: Omit<EmbeddingRequest, 'texts'> = {},
): Promise<VectorTrust> {
  const requests = await chooseRequests(store)
  if (requests.length === 0) return measureTrust([])
  const { vectors } = await embedder.embed({ texts: requests.map(({ text }) => text), ...bounds })
  const probes: Probe[] = []
  for (const [index, { name, text }] of requests.entries()) {
    const vector = vectors[index]
    if (vector !== undefined) probes.push(await probe(store, { name, text, vector, model: embedder.model }))
  }
  return measureTrust(probes)
}

/** Spread evenly over the library, one request a tool. */
async function chooseRequests({ tools }: Pick<StoreWithVectors, 'tools'>): Promise<{ name: string; text: string }[]> {
  const usable = (await tools.list()).filter(({ state }) => USABLE_STATES.includes(state))
  const requests: { name: string; text: string }[] = []
  for (const name of spread(usable, MAX_LOOKED_AT)) {
    if (requests.length === MAX_PROBES) break
    const tool = await tools.findVersion(name)
    const text = tool === null ? null : probeOf(tool)
    if (text !== null) requests.push({ name, text })
  }
  return requests
}

/** At most `limit` names, from all parts of the list however early one stops: multiples of the golden ratio. */
function spread(tools: readonly { name: string }[], limit: number): string[] {
  const count = Math.min(limit, tools.length)
  const places = Array.from({ length: 3 * count }, (_, index) => Math.floor(((index * 0.618034) % 1) * tools.length))
  return [...new Set(places)].slice(0, count).flatMap((place) => tools[place]?.name ?? [])
}

async function probe(
  { tools, vectors }: Pick<StoreWithVectors, 'tools' | 'vectors'>,
  { name, text, vector, model }: { name: string; text: string; vector: Float32Array<ArrayBuffer>; model: string },
): Promise<Probe> {
  const states = [...USABLE_STATES]
  const neighbours = await vectors.search({ model, vector, limit: NEIGHBOURS, states })
  const byWords = await findByWords(text, tools, { states, limit: NEIGHBOURS, weights: WEIGHTS })
  const without = <Hit extends { text: { requests: string } }>(hits: readonly Hit[]): Hit[] =>
    hits.map((hit) => ({ ...hit, text: { ...hit.text, requests: '' } }))
  const ranked = rankWithNeighbours(
    { ...byWords, hits: without(byWords.hits) },
    { ...neighbours, hits: without(neighbours.hits) },
  )
  return { name, ranked, excess: measureExcess(neighbours) }
}
