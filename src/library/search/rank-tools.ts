import {
  INDEX_FIELDS,
  TEXT_SEPARATOR,
  type FieldWeights,
  type IndexHit,
  type IndexStatistics,
} from '../../contracts/store.ts'
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
  requests: 1.5,
  code: 0.2,
}

/** BM25's saturation: how soon more of the same word adds nothing. */
const SATURATION = 2
/** BM25's length normalisation: 0 ignores a field's length, 1 divides by it. */
const LENGTH_NORMALISATION = 0.6
/** Below 1, rare words win less clearly over common ones: in requests the rare words are often values. */
const RARITY_EXPONENT = 0.8
/** How much a tool gains whose description, or an example request of which, is wholly in the query. */
const DESCRIBED_GAIN = 0.3
/** A request of one word is no description: it counts as if it had this many. */
const MIN_REQUEST_STEMS = 3
/** What two words that follow each other in query and tool alike are worth, for each unit of their information. */
const PAIR_GAIN = 0.08
/** Rarity in a small library says little: up to this many, tools as they are anywhere are reckoned in. */
const MIN_TOOLS = 1000

const PAIR_FIELDS = ['name', 'description', 'parameters', 'details', 'requests'] as const

export interface RankedTool {
  name: string
  version: number
  /** Higher is better; in units of a word that no other tool has. Comparable within one query. */
  score: number
  /**
   * How much speaks for the tool at all: the matched information in units of a word that no other tool has, and the share
   * of what is said of it that the query says too. Comparable between queries and libraries.
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
      return { name: hit.name, version: hit.version, score: score / unit, evidence: matched / unit + described }
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

/**
 * How much of what is said of the tool the query says too: the share of the distinct stems of name and description, or
 * of the example request that is nearest to the query.
 */
function describedShare({ text }: IndexHit, information: ReadonlyMap<string, number>): number {
  const shares = text.requests
    .split(TEXT_SEPARATOR)
    .map((request) => shareOf(request.trim(), MIN_REQUEST_STEMS, information))
  return Math.max(shareOf(`${text.name} ${text.description}`.trim(), 1, information), ...shares)
}

function shareOf(text: string, minStems: number, information: ReadonlyMap<string, number>): number {
  if (text === '') return 0
  const stems = new Set(text.split(' '))
  let known = 0
  for (const stem of stems) if (information.has(stem)) known += 1
  return known / Math.max(stems.size, minStems)
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
