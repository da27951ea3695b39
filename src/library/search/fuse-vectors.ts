import type { VectorNeighbours, VectorTrust } from '../../contracts/vectors.ts'
import type { RankedTool } from './rank-tools.ts'

/** Fewer tools tell too little of what similarities are like: words alone decide then. */
export const MIN_COMPARED = 30

/** The similarity of this neighbour is what any tool of a subject has; what is above it says something. */
const REFERENCE_RANK = 10

/** The nearest that are looked at. */
export const NEIGHBOURS = 60

/** Neighbours nearer to each other than this share of the deviation of all are the same: no unit to measure by. */
const MIN_STEP = 0.05

/** How soon excess counts: at three, which noise rarely reaches, it doubles what vectors say for a tool. */
const GROWTH = 0.1

/**
 * How far vectors are trusted that were never tried: so little that the vectors of a poor model do no harm, and enough
 * that a tool which stands out among its neighbours is believed. See docs/performance.md.
 */
export const UNTRIED_TRUST: VectorTrust = { share: 0.25, floor: 5, probes: 0 }

/**
 * By how much a tool is nearer than the tenth nearest, by name, in units of how much nearer the tenth is than those behind
 * it on average. Cosines mean something else with every model and every request; this means the same. Vectors of noise
 * have tails that fall off evenly: their nearest is rarely above three, whatever their spread.
 */
export function measureExcess({ hits, compared, deviation }: VectorNeighbours): Map<string, number> {
  const reference = hits[REFERENCE_RANK - 1]?.similarity
  const behind = hits.slice(REFERENCE_RANK)
  if (reference === undefined || compared < MIN_COMPARED || behind.length === 0 || !(deviation > 0)) return new Map()
  const step = behind.reduce((sum, { similarity }) => sum + reference - similarity, 0) / behind.length
  const unit = Math.max(step, MIN_STEP * deviation)
  return new Map(
    hits
      .filter(({ similarity }) => similarity > reference)
      .map(({ name, similarity }) => [name, (similarity - reference) / unit]),
  )
}

/**
 * Words and vectors as two witnesses: a weighted geometric mean, so that a tool for which both speak is ahead of those for
 * which one does, and a tool that stands out by far wins whatever the other says. Where vectors say nothing the order by
 * words stays as it is. A tool for which no word speaks is let in by an excess that hardly any wrong tool has.
 */
export function fuseVectors(
  ranked: readonly RankedTool[],
  excess: ReadonlyMap<string, number>,
  { trust: { share, floor }, evidenceFloor }: { trust: VectorTrust; evidenceFloor: number },
): RankedTool[] {
  if (share === 0 || excess.size === 0) return [...ranked]
  return ranked
    .map((tool) => {
      const own = excess.get(tool.name) ?? 0
      return {
        ...tool,
        score: (1 + tool.score) ** (1 - share) * (1 + GROWTH * own ** 2) ** share - 1,
        evidence: own >= floor ? Math.max(tool.evidence, evidenceFloor) : tool.evidence,
      }
    })
    .toSorted((left, right) => right.score - left.score)
}
