import type { SolvedScript } from '../../contracts/tool.ts'
import { commonShare } from './common-words.ts'
import { toStems } from './index-text.ts'

/**
 * How much of two requests has to be the same, by information, before one is an instance of the other: half. Requests of
 * one kind differ in names, numbers and dates, which are their rarest words.
 */
const RESEMBLANCE_FLOOR = 0.5

/** Rarity in a small collection says little: up to this many, requests as they are anywhere are reckoned in. */
const MIN_REQUESTS = 1000

/** What a program is found by: the words of its request and of its step's goal. */
export function toScriptStems({ request, goal }: Pick<SolvedScript, 'request' | 'goal'>): string {
  return toStems([request, goal])
}

/**
 * The programs whose request resembles the text, best first; equals keep their order. The score is the information that
 * both share, of that of the shorter one: from the floor to 1. Numbers count nothing, they are what instances differ in.
 */
export function rankScripts(
  text: string,
  scripts: readonly { id: string; stems: string }[],
): { id: string; score: number }[] {
  const wanted = wordsOf(toStems([text]))
  if (wanted.size === 0) return []
  const having = countStems(scripts)
  const informationOf = (stem: string): number => {
    const total = Math.max(scripts.length, MIN_REQUESTS)
    const count = (having.get(stem) ?? 0) + commonShare(stem) * (total - scripts.length)
    return Math.log(1 + (total - count + 0.5) / (count + 0.5))
  }
  const sum = (stems: Iterable<string>): number => [...stems].reduce((total, stem) => total + informationOf(stem), 0)
  return scripts
    .map(({ id, stems }) => {
      const words = wordsOf(stems)
      const shorter = Math.min(sum(words), sum(wanted))
      return { id, score: shorter === 0 ? 0 : sum([...words].filter((stem) => wanted.has(stem))) / shorter }
    })
    .filter(({ score }) => score >= RESEMBLANCE_FLOOR)
    .toSorted((left, right) => right.score - left.score)
}

function wordsOf(stems: string): Set<string> {
  return new Set(stems.split(' ').filter((stem) => stem !== '' && !/^\p{N}+$/u.test(stem)))
}

function countStems(scripts: readonly { stems: string }[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { stems } of scripts) {
    for (const stem of wordsOf(stems)) counts.set(stem, (counts.get(stem) ?? 0) + 1)
  }
  return counts
}
