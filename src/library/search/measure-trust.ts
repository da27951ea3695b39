import type { VectorTrust } from '../../contracts/vectors.ts'
import { fuseVectors, UNTRIED_TRUST } from './fuse-vectors.ts'
import type { RankedTool } from './rank-tools.ts'

/** Fewer example requests tell too little. */
export const MIN_PROBES = 30

/** From not at all to nearly alone. */
const WEIGHTS = [0, 0.03, 0.1, 0.2, 0.4, 0.7, 1, 2, 4, 8, 16]

/** A weight has to be better than the cautious one by this much of a rank to be taken instead. */
const MIN_GAIN = 0.005

/** The excess that one wrong tool in twenty requests reaches. */
const FLOOR_SHARE = 0.95

/** Below it, near-twins would come in for nearly every request. */
const MIN_FLOOR = 2

/** An example request of a tool, put to the library: what words and what vectors said. */
export interface Probe {
  name: string
  ranked: RankedTool[]
  excess: ReadonlyMap<string, number>
}

/**
 * How far vectors are to be trusted, tried on requests whose tool is known: the weight by which these tools stand
 * highest (mean reciprocal rank), and the floor that wrong tools rarely reach. Nothing is learned from what users ask.
 */
export function measureTrust(probes: readonly Probe[]): VectorTrust {
  if (probes.length < MIN_PROBES) return { ...UNTRIED_TRUST, probes: probes.length }
  const rate = (weight: number): number =>
    probes.reduce((sum, probe) => sum + reciprocalRank(probe, weight), 0) / probes.length
  const cautious = { weight: UNTRIED_TRUST.weight, rate: rate(UNTRIED_TRUST.weight) }
  const best = WEIGHTS.map((weight) => ({ weight, rate: rate(weight) })).reduce(
    (leader, candidate) => (candidate.rate > leader.rate ? candidate : leader),
    cautious,
  )
  const { weight } = best.rate - cautious.rate >= MIN_GAIN ? best : cautious
  return { weight, floor: Math.max(MIN_FLOOR, wrongExcess(probes)), probes: probes.length }
}

function reciprocalRank({ name, ranked, excess }: Probe, weight: number): number {
  const fused = fuseVectors(ranked, excess, { trust: { ...UNTRIED_TRUST, weight }, evidenceFloor: 0 })
  const rank = fused.findIndex((tool) => tool.name === name)
  return rank === -1 ? 0 : 1 / (rank + 1)
}

function wrongExcess(probes: readonly Probe[]): number {
  const highest = probes
    .map(({ name, excess }) => Math.max(0, ...[...excess].filter(([other]) => other !== name).map(([, own]) => own)))
    .toSorted((left, right) => left - right)
  return highest[Math.min(highest.length - 1, Math.floor(FLOOR_SHARE * highest.length))] ?? UNTRIED_TRUST.floor
}
