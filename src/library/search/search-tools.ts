import type { ToolState } from '../../contracts/tool.ts'
import { expandQuery, type QueryTerm, type SearchIndex } from './expand-query.ts'
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
}

/** The tools that fit the text, best first; empty where none has the evidence of `floor`. */
export async function searchTools(
  text: string,
  index: SearchIndex,
  { limit, states, floor = EVIDENCE_FLOOR, candidates = CANDIDATES }: SearchOptions,
): Promise<RankedTool[]> {
  const words = parseQuery(text)
  if (words.length === 0 || limit < 1) return []
  const query = await expandQuery(words, index)
  const stems = chooseStems(query.terms, query.statistics)
  if (stems.length === 0) return []
  const hits = await index.searchIndex({ stems, weights: FIELD_WEIGHTS, limit: Math.max(candidates, limit), states })
  return rankTools(hits, query)
    .filter((tool) => tool.evidence >= floor)
    .slice(0, limit)
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
