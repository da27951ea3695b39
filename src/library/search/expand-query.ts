import type { IndexStatistics, ToolStore } from '../../contracts/store.ts'
import type { QueryWord } from './parse-query.ts'
import { stemWord } from './stem-word.ts'

export type SearchIndex = Pick<ToolStore, 'indexStatistics' | 'stemsLike' | 'searchIndex'>

export interface QueryTerm {
  stem: string
  weight: number
  /** In how many tools it stands; 0 where no tool has it. */
  tools: number
}

export interface ExpandedQuery {
  terms: QueryTerm[]
  /** Pairs of stems that follow each other in the query, joined by a space. */
  pairs: Set<string>
  statistics: IndexStatistics
}

/** A guess counts less than what was written. */
const GUESS_WEIGHT = 0.5

/** Shorter words have too many neighbours at one letter's distance, and too many ways to fall apart. */
const MIN_CORRECTED_LENGTH = 5
const MIN_SPLIT_LENGTH = 6
const MIN_PART_LENGTH = 3

/** How many unknown words are looked into: a pasted text has thousands. */
const MAX_UNKNOWN_WORDS = 6

/**
 * The stems to search by: those of the query, `time zone` also as `timezone`, and for words that no tool has: their two
 * parts (`timezone` as `time`, `zone`), or the commonest stem that differs by one letter.
 */
export async function expandQuery(words: readonly QueryWord[], index: SearchIndex): Promise<ExpandedQuery> {
  const weights = new Map<string, number>()
  for (const { stem, weight } of words) weights.set(stem, Math.max(weight, weights.get(stem) ?? 0))
  const joined = words.slice(1).map(({ word }, position) => stemWord(`${words[position]?.word}${word}`))
  const statistics = await index.indexStatistics([...weights.keys(), ...joined])
  const { documents } = statistics
  const guess = (stem: string): void => {
    if (!weights.has(stem)) weights.set(stem, GUESS_WEIGHT)
  }
  for (const stem of joined) if (documents.has(stem)) guess(stem)

  const unknown = words.filter(({ word, stem }) => !documents.has(stem) && isPlain(word))
  for (const word of unknown.slice(0, MAX_UNKNOWN_WORDS)) {
    const parts = await splitCompound(word.word, index)
    const found = parts.size > 0 || word.isName ? parts : await correctSpelling(word.word, index)
    for (const [stem, tools] of found) {
      documents.set(stem, tools)
      guess(stem)
    }
  }
  return {
    terms: [...weights].map(([stem, weight]) => ({ stem, weight, tools: documents.get(stem) ?? 0 })),
    pairs: new Set(words.slice(1).map(({ stem }, position) => `${words[position]?.stem} ${stem}`)),
    statistics,
  }
}

/** The two stems of the index that the word is made of, with their counts; empty where there are none. */
async function splitCompound(word: string, index: SearchIndex): Promise<Map<string, number>> {
  if (word.length < MIN_SPLIT_LENGTH) return new Map()
  const splits: [string, string][] = []
  for (let at = MIN_PART_LENGTH; at <= word.length - MIN_PART_LENGTH; at += 1) {
    splits.push([stemWord(word.slice(0, at)), stemWord(word.slice(at))])
  }
  const { documents } = await index.indexStatistics(splits.flat())
  const known = splits.find((parts) => parts.every((part) => documents.has(part)))
  return new Map(known?.map((stem) => [stem, documents.get(stem) ?? 0]))
}

async function correctSpelling(word: string, index: SearchIndex): Promise<Map<string, number>> {
  if (word.length < MIN_CORRECTED_LENGTH) return new Map()
  const stem = stemWord(word)
  // The first two letters are rarely mistyped, and they keep the look-up short.
  const similar = await index.stemsLike({
    prefix: stem.slice(0, 2),
    minLength: Math.max(MIN_PART_LENGTH, stem.length - 1),
    maxLength: stem.length + 1,
  })
  const [best] = [...similar]
    .filter(([candidate]) => differsByOne(stem, candidate))
    .toSorted((left, right) => right[1] - left[1] || (left[0] < right[0] ? -1 : 1))
  return new Map(best === undefined ? [] : [best])
}

function isPlain(word: string): boolean {
  return /^[a-z]+$/.test(word)
}

/** One letter inserted, left out or replaced, or two neighbours exchanged (Damerau). */
export function differsByOne(left: string, right: string): boolean {
  let start = 0
  while (start < left.length && left[start] === right[start]) start += 1
  let leftEnd = left.length
  let rightEnd = right.length
  while (leftEnd > start && rightEnd > start && left[leftEnd - 1] === right[rightEnd - 1]) {
    leftEnd -= 1
    rightEnd -= 1
  }
  const leftRest = left.slice(start, leftEnd)
  const rightRest = right.slice(start, rightEnd)
  if (leftRest.length <= 1 && rightRest.length <= 1) return leftRest !== rightRest
  return leftRest.length === 2 && rightRest.length === 2 && leftRest[0] === rightRest[1] && leftRest[1] === rightRest[0]
}
