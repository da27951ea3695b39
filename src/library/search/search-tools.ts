import type { EmbeddingMeter } from '../../contracts/embeddings.ts'
import type { FieldWeights, IndexHit } from '../../contracts/store.ts'
import type { ToolState } from '../../contracts/tool.ts'
import type { VectorNeighbours, VectorTrust } from '../../contracts/vectors.ts'
import { expandQuery, type ExpandedQuery, type QueryTerm, type SearchIndex } from './expand-query.ts'
import { fuseVectors, measureExcess } from './fuse-vectors.ts'
import { parseQuery } from './parse-query.ts'
import { FIELD_WEIGHTS, informationOf, rankTools, type RankedTool } from './rank-tools.ts'

/**
 * Less evidence than this means "none fits": about what one rare word of the tool's name gives. The largest floor that
 * costs less than half a point of recall@5 on the parts of the benchmark that were tuned on; see docs/performance.md for
 * the whole curve.
 */
export const EVIDENCE_FLOOR = 0.5

/** Candidates that are ranked. With more of them nothing changes on the benchmark's sets. */
const CANDIDATES = 40

/**
 * Index entries that a search may read: about a millisecond for 1,000. The rarest stems come first, so what is left out
 * are common ones, which rank but do not find.
 */
const MIN_POSTINGS = 1500
const POSTINGS_A_TOOL = 0.1

/** Stems that candidates are looked for by. A pasted page has more, and none of them matters much. */
const MAX_STEMS = 48

export interface SearchOptions {
  limit: number
  states: ToolState[]
  floor?: number
  candidates?: number
  /** Where an embedding model is configured. */
  vectors?: VectorFinder | undefined
  meter?: EmbeddingMeter | undefined
  signal?: AbortSignal | undefined
}

/** Finds tools by meaning. */
export interface VectorFinder {
  /** Null where vectors have nothing to say now: words decide alone then. Never rejects. */
  find(
    text: string,
    states: ToolState[],
    options?: Pick<SearchOptions, 'meter' | 'signal'>,
  ): Promise<{ neighbours: VectorNeighbours; trust: VectorTrust } | null>
}

/** The tools that fit the text, best first; empty where none has the evidence of `floor`. */
export async function searchTools(
  text: string,
  index: SearchIndex,
  { limit, states, floor = EVIDENCE_FLOOR, candidates = CANDIDATES, vectors, meter, signal }: SearchOptions,
): Promise<RankedTool[]> {
  if (text.trim() === '' || limit < 1) return []
  // First, because it is a call over the network.
  const finding = vectors?.find(text, states, { meter, signal })
  const byWords = await findByWords(text, index, { states, limit: Math.max(candidates, limit) })
  const near = await finding
  const ranked =
    near === undefined || near === null
      ? rankTools(byWords.hits, byWords.query)
      : fuseVectors(rankWithNeighbours(byWords, near.neighbours), measureExcess(near.neighbours), {
          trust: near.trust,
          evidenceFloor: floor,
        })
  return ranked.filter((tool) => tool.evidence >= floor).slice(0, limit)
}

export interface FoundByWords {
  query: ExpandedQuery
  hits: IndexHit[]
}

/** Candidates whose words the text has; none where it has no word of any tool. */
export async function findByWords(
  text: string,
  index: SearchIndex,
  { states, limit, weights = FIELD_WEIGHTS }: { states: ToolState[]; limit: number; weights?: FieldWeights },
): Promise<FoundByWords> {
  const query = await expandQuery(parseQuery(text), index)
  const stems = chooseStems(query.terms, query.statistics)
  const hits = stems.length === 0 ? [] : await index.searchIndex({ stems, weights, limit, states })
  return { query, hits }
}

/** By words, the tools too that only their vectors have found: words may say something for them as well. */
export function rankWithNeighbours(
  { query, hits }: FoundByWords,
  { hits: neighbours }: VectorNeighbours,
): RankedTool[] {
  const known = new Set(hits.map(({ name }) => name))
  return rankTools([...hits, ...neighbours.filter(({ name }) => !known.has(name))], query)
}

/** The stems with most information that together stay within the entries that a search may read. */
function chooseStems(terms: readonly QueryTerm[], statistics: { tools: number }): string[] {
  const known = terms
    .filter((term) => term.tools > 0)
    .map((term) => ({ ...term, information: informationOf(term, statistics) }))
    .toSorted((left, right) => right.information - left.information)
    .slice(0, MAX_STEMS)
  const allowed = Math.max(MIN_POSTINGS, statistics.tools * POSTINGS_A_TOOL)
  const chosen: string[] = []
  let postings = 0
  for (const { stem, tools } of known) {
    postings += tools
    // One stem at least, however common: it may be all that the query has.
    if (chosen.length > 0 && postings > allowed) break
    chosen.push(stem)
  }
  return chosen
}
