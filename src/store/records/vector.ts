import { HandaxeError } from '../../contracts/errors.ts'
import type { ModelId } from '../../contracts/models.ts'
import type { ToolState } from '../../contracts/tool.ts'
import type { ToolVector, VectorStatus, VectorTrust } from '../../contracts/vectors.ts'

/** States whose tools are given vectors: the others cannot be found by any search that a run makes. */
export const FINDABLE_STATES: readonly ToolState[] = ['candidate', 'verified', 'trusted']

/** A row of `vector_space`, as both engines keep it. */
export interface SpaceRow {
  id: number
  dimensions: number
  /** JSON of `VectorTrust`. */
  trust: string | null
}

export function toVectorStatus(
  space: SpaceRow | undefined,
  { embedded, missing }: { embedded: number; missing: number },
): VectorStatus {
  return { dimensions: space?.dimensions ?? null, embedded, missing, trust: parseTrust(space?.trust ?? null) }
}

/** What was measured in another unit, before there was a share, is as good as not measured. */
function parseTrust(text: string | null): VectorTrust | null {
  if (text === null) return null
  const trust = JSON.parse(text) as Partial<VectorTrust>
  return trust.share === undefined ? null : (trust as VectorTrust)
}

/** The length of the vectors among `vectors`; null where there is none. Throws where they, or those that are there, differ. */
export function commonLength(
  model: ModelId,
  vectors: readonly ToolVector[],
  space: SpaceRow | undefined,
): number | null {
  const lengths = new Set(vectors.flatMap(({ vector }) => vector?.length ?? []))
  if (space !== undefined) lengths.add(space.dimensions)
  const [length = null, other] = lengths
  if (other === undefined) return length
  const held = space?.dimensions ?? length
  const given = [...lengths].find((candidate) => candidate !== held)
  throw new HandaxeError('invalid_configuration', `${model} gives vectors of ${given} numbers, stored are ${held}`, {
    hint: 'Another model answers by that name now. `handaxe tools embed --again` makes all vectors anew.',
    details: { model, stored: held, given },
  })
}
