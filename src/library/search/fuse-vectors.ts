import type { VectorNeighbours, VectorTrust } from '../../contracts/vectors.ts'
import type { RankedTool } from './rank-tools.ts'

/** Fewer tools tell too little of what similarities are like: words alone decide then. */
export const MIN_COMPARED = 30

/** The similarity of this neighbour is what any tool of a subject has; what is above it says something. */
const REFERENCE_RANK = 10

/** The nearest that are looked at. */
export const NEIGHBOURS = 60

/**
 * How far vectors are trusted that were never tried: so little that the vectors of a poor model do no harm, and enough
 * that those of a good one decide between tools for which words say equally much. See docs/performance.md.
 */
export const UNTRIED_TRUST: VectorTrust = { weight: 0.1, floor: 4, probes: 0 }

/**
 * By how many standard deviations of all similarities a tool is nearer than the tenth nearest, by name. Raw cosines mean
 * something else with every model and every request; this means the same, and is next to nothing for vectors of noise.
 */
export function measureExcess({ hits, compared, deviation }: VectorNeighbours): Map<string, number> {
  if (compared < MIN_COMPARED || !(deviation > 0)) return new Map()
  const reference = (hits[REFERENCE_RANK - 1] ?? hits.at(-1))?.similarity ?? 0
  return new Map(
    hits
      .filter(({ similarity }) => similarity > reference)
      .map(({ name, similarity }) => [name, (similarity - reference) / deviation]),
  )
}

/**
 * Words and vectors as two witnesses: the scores add up (as log-odds of independent evidence do), vectors by the weight
 * that they have earned. Where they say nothing the order by words stays as it is. A tool for which no word speaks is let
 * in by an excess that hardly any wrong tool has.
 */
export function fuseVectors(
  ranked: readonly RankedTool[],
  excess: ReadonlyMap<string, number>,
  { trust: { weight, floor }, evidenceFloor }: { trust: VectorTrust; evidenceFloor: number },
): RankedTool[] {
  return ranked
    .map((tool) => {
      const own = excess.get(tool.name) ?? 0
      const isNear = weight > 0 && own >= floor
      return {
        ...tool,
        score: tool.score + weight * own,
        evidence: isNear ? Math.max(tool.evidence, evidenceFloor) : tool.evidence,
      }
    })
    .toSorted((left, right) => right.score - left.score)
}
