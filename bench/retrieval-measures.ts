import { round } from './measure.ts'
import { createRandom } from './retrieval-library.ts'

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

const RESAMPLES = 1000

/** Mean of the differences in percent, with its 95 % interval (bootstrap over the queries, with a fixed seed). */
export function difference(
  one: readonly Outcome[],
  other: readonly Outcome[],
  measure: (outcome: Outcome) => number,
): { mean: number; from: number; to: number } {
  const gains = one.map((outcome, index) => {
    const beside = other[index]
    if (beside === undefined) throw new Error('The samples differ in size')
    return 100 * (measure(outcome) - measure(beside))
  })
  const random = createRandom(20_261_122)
  const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const means = Array.from({ length: RESAMPLES }, () =>
    meanOf(gains.map(() => gains[Math.floor(random() * gains.length)] ?? 0)),
  ).toSorted((left, right) => left - right)
  const at = (share: number): number => round(means[Math.floor(share * RESAMPLES)] ?? Number.NaN, 1)
  return { mean: round(meanOf(gains), 1), from: at(0.025), to: at(0.975) }
}
