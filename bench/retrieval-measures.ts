import { round } from './measure.ts'

/** What a search gave for a query, as ids, best first. */
export interface Outcome {
  gold: string[]
  found: string[]
}

/** Normalised discounted cumulative gain of the first ten, every gold tool worth the same (Järvelin, Kekäläinen 2002). */
export function ndcg10({ gold, found }: Outcome): number {
  const wanted = new Set(gold)
  let gain = 0
  found.slice(0, 10).forEach((id, rank) => {
    if (wanted.has(id)) gain += 1 / Math.log2(rank + 2)
  })
  let ideal = 0
  for (let rank = 0; rank < Math.min(10, wanted.size); rank += 1) ideal += 1 / Math.log2(rank + 2)
  return gain / ideal
}

/** The share of the gold tools among the first `size`. */
export function recall({ gold, found }: Outcome, size: number): number {
  const first = new Set(found.slice(0, size))
  return gold.filter((id) => first.has(id)).length / gold.length
}

/** Mean over the outcomes, in percent. */
export function percent(outcomes: readonly Outcome[], measure: (outcome: Outcome) => number): number {
  return round((100 * outcomes.reduce((sum, outcome) => sum + measure(outcome), 0)) / outcomes.length, 1)
}
