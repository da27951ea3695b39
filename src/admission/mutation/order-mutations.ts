import { createRandom, shuffle } from '../random.ts'
import type { Mutation } from './mutant.ts'

/**
 * The indices of `mutations` in the order in which they are worth trying: each next one is of the kind that was taken least
 * often so far, and among those on the line that was taken least often; the seed decides between equals. However few of
 * them are used, they are spread over kinds and lines.
 */
export function orderMutations(mutations: readonly Mutation[], seed: number, limit: number): number[] {
  const random = createRandom(seed)
  const left = new Set(shuffle(random, [...mutations.keys()]))
  const taken = new Map<string, number>()
  const ordered: number[] = []
  while (left.size > 0 && ordered.length < limit) {
    let best: { index: number; byKind: number; byLine: number } | null = null
    for (const index of left) {
      const { kind, line } = mutations[index] as Mutation
      const byKind = taken.get(kind) ?? 0
      const byLine = taken.get(`line ${line}`) ?? 0
      const better = best === null || byKind < best.byKind || (byKind === best.byKind && byLine < best.byLine)
      if (better) best = { index, byKind, byLine }
    }
    if (best === null) break
    left.delete(best.index)
    ordered.push(best.index)
    const { kind, line } = mutations[best.index] as Mutation
    taken.set(kind, best.byKind + 1)
    taken.set(`line ${line}`, best.byLine + 1)
  }
  return ordered
}
