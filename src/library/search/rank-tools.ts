import { INDEX_FIELDS, type FieldWeights, type IndexHit, type IndexStatistics } from '../../contracts/store.ts'
import { commonShare } from './common-words.ts'
import type { ExpandedQuery, QueryTerm } from './expand-query.ts'

/**
 * What a field's words are worth. A name is chosen with care; parameter names such as `value` stand in every second
 * tool, what a parameter is for says more. Requests and code were in no data set: their weights are judgement.
 */
export const FIELD_WEIGHTS: FieldWeights = {
  name: 2,
  description: 1.2,
  parameters: 0.4,
  details: 0.6,
  choices: 0.8,
  returns: 0.5,
  requests: 1.2,
  code: 0.2,
}

/** BM25's saturation: how soon more of the same word adds nothing. */
const SATURATION = 2
/** BM25's length normalisation: 0 ignores a field's length, 1 divides by it. */
const LENGTH_NORMALISATION = 0.6
/** Below 1, rare words win less clearly over common ones: in requests the rare words are often values. */
const RARITY_EXPONENT = 0.8
/** How much a tool gains whose name and description are wholly spoken of in the query. */
const DESCRIBED_GAIN = 0.3
/** What two words that follow each other in query and tool alike are worth, for each unit of their information. */
const PAIR_GAIN = 0.08
/** Rarity in a small library says little: up to this many, tools as they are anywhere are reckoned in. */
const MIN_TOOLS = 1000

const PAIR_FIELDS = ['name', 'description', 'parameters', 'details'] as const

export interface RankedTool {
  name: string
  version: number
  /** Higher is better; comparable within one query. */
  score: number
  /**
   * How much speaks for the tool at all: the matched information in units of a word that no other tool has, and the share
   * of its name and description that the query has. Comparable between queries and libraries.
   */
  evidence: number
}

/**
 * Ranks candidates by BM25F (Robertson, Zaragoza, Taylor 2004: one saturation over the weighted fields together), with
 * a gain for tools that the query describes as a whole and for words that stand side by side in both.
 * Equal scores keep the order of `hits`.
 */
export function rankTools(hits: readonly IndexHit[], { terms, pairs, statistics }: ExpandedQuery): RankedTool[] {
  const information = new Map(terms.map((term) => [term.stem, informationOf(term, statistics)]))
  const unit = informationOf({ stem: '', weight: 1, tools: 0 }, statistics)
  return hits
    .map((hit) => {
      const matched = sumSaturated(hit, information, statistics)
      const described = describedShare(hit, information)
      const score = matched * (1 + DESCRIBED_GAIN * described) + PAIR_GAIN * pairInformation(hit, pairs, information)
      return { name: hit.name, version: hit.version, score, evidence: matched / unit + described }
    })
    .toSorted((left, right) => right.score - left.score)
}

/** The information of finding the stem in a tool: more for rarer stems. */
export function informationOf({ stem, weight, tools }: QueryTerm, statistics: Pick<IndexStatistics, 'tools'>): number {
  const total = Math.max(statistics.tools, MIN_TOOLS)
  const having = tools + commonShare(stem) * (total - statistics.tools)
  return weight * Math.log(1 + (total - having + 0.5) / (having + 0.5)) ** RARITY_EXPONENT
}

function sumSaturated(
  { text }: IndexHit,
  information: ReadonlyMap<string, number>,
  { averageLengths }: IndexStatistics,
): number {
  const frequencies = new Map<string, number>()
  for (const field of INDEX_FIELDS) {
    if (text[field] === '') continue
    const stems = text[field].split(' ')
    const lengthRatio = stems.length / (averageLengths[field] || 1)
    const worth = FIELD_WEIGHTS[field] / (1 - LENGTH_NORMALISATION + LENGTH_NORMALISATION * lengthRatio)
    for (const stem of stems) {
      if (information.has(stem)) frequencies.set(stem, (frequencies.get(stem) ?? 0) + worth)
    }
  }
  let sum = 0
  for (const [stem, frequency] of frequencies) {
    sum += ((information.get(stem) ?? 0) * frequency) / (SATURATION + frequency)
  }
  return sum
}

/** The share of the distinct stems of name and description that the query has. */
function describedShare({ text }: IndexHit, information: ReadonlyMap<string, number>): number {
  const stems = new Set(`${text.name} ${text.description}`.trim().split(' '))
  let known = 0
  for (const stem of stems) if (information.has(stem)) known += 1
  return known / stems.size
}

function pairInformation(
  { text }: IndexHit,
  pairs: ReadonlySet<string>,
  information: ReadonlyMap<string, number>,
): number {
  const found = new Set<string>()
  for (const field of PAIR_FIELDS) {
    const stems = text[field].split(' ')
    for (let index = 1; index < stems.length; index += 1) {
      const pair = `${stems[index - 1]} ${stems[index]}`
      if (pairs.has(pair)) found.add(pair)
    }
  }
  let sum = 0
  for (const pair of found) {
    for (const stem of pair.split(' ')) sum += information.get(stem) ?? 0
  }
  return sum
}
