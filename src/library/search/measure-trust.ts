import type { VectorTrust } from '../../contracts/vectors.ts'
import { fuseVectors, NEIGHBOURS, UNTRIED_TRUST } from './fuse-vectors.ts'
import type { RankedTool } from './rank-tools.ts'

/** With half as many a choice is further off than no choice, one time in eight: see docs/performance.md. */
export const MIN_PROBES = 60

/** From words alone to vectors alone. */
const SHARES = [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]

/** A share that is worse than the best by less than so many standard errors is as good, as far as anybody can tell. */
const TIE_ERRORS = 0.3

/** A difference of mean log ranks that is none: a rank in a hundred. */
const TIE = 0.001

/** Floors that are tried, from the strictest on; below the last, near-twins would come in for nearly every request. */
const FLOORS = [8, 7, 6, 5, 4, 3, 2]

/** For vectors whose nearest tool was never right: an excess that they hardly ever reach. */
const NEVER_RIGHT_FLOOR = 8

/** Requests that tell whether the nearest tool is right for their excess. */
const MIN_REQUESTS = 3

/** An example request of a tool, put to the library: what words and what vectors said. */
export interface Probe {
  name: string
  ranked: RankedTool[]
  excess: ReadonlyMap<string, number>
}

/**
 * How far vectors are to be trusted, tried on requests whose tool is known: the share with which these tools stand highest,
 * and the excess from which on the nearest tool is the right one more often than not. Nothing is learned from what users ask.
 */
export function measureTrust(probes: readonly Probe[]): VectorTrust {
  if (probes.length < MIN_PROBES) return { ...UNTRIED_TRUST, probes: probes.length }
  return { share: chooseShare(probes), floor: chooseFloor(probes), probes: probes.length }
}

/** The middle of the shares that are as good as the best. Of the first and the last, chance decides too often. */
function chooseShare(probes: readonly Probe[]): number {
  const losses = SHARES.map((share) => probes.map((probe) => Math.log(rankWith(probe, share))))
  const best = losses.reduce((leader, candidate) => (mean(candidate) < mean(leader) ? candidate : leader))
  const good = SHARES.filter((_, index) => {
    const worse = losses[index]?.map((loss, probe) => loss - (best[probe] ?? 0)) ?? []
    return mean(worse) <= TIE + TIE_ERRORS * standardError(worse)
  })
  return good[Math.floor(good.length / 2)] ?? UNTRIED_TRUST.share
}

/** The geometric mean of ranks, which this is summed up for, is not ruled by the few tools that are found last. */
function rankWith({ name, ranked, excess }: Probe, share: number): number {
  const fused = fuseVectors(ranked, excess, { trust: { ...UNTRIED_TRUST, share }, evidenceFloor: 0 })
  const rank = fused.findIndex((tool) => tool.name === name)
  return rank === -1 ? NEIGHBOURS : Math.min(rank + 1, NEIGHBOURS)
}

/** Downwards while the nearest tool is right for half of the requests at least. Vectors that never are bring in nothing. */
function chooseFloor(probes: readonly Probe[]): number {
  const nearest = probes.map(({ name, excess }) => {
    const [first, own = 0] = [...excess].reduce((leader, next) => (next[1] > leader[1] ? next : leader), ['', 0])
    return { isRight: first === name, excess: own }
  })
  let floor = Infinity
  let right = 0
  let seen = 0
  for (const [index, candidate] of FLOORS.entries()) {
    const above = FLOORS[index - 1] ?? Infinity
    const reached = nearest.filter(({ excess }) => excess >= candidate && excess < above)
    right += reached.filter(({ isRight }) => isRight).length
    seen += reached.length
    // Few requests are judged together with those of the next floor.
    if (seen < MIN_REQUESTS) continue
    if (right / seen < 0.5) break
    floor = candidate
    right = 0
    seen = 0
  }
  return Math.min(floor, NEVER_RIGHT_FLOOR)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function standardError(values: readonly number[]): number {
  const middle = mean(values)
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)) / values.length)
}
