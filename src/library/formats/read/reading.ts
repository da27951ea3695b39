import type { ImportCandidate, ManifestCheck, ToolReading } from '../../../contracts/exchange.ts'
import { compareText } from '../compare-text.ts'
import { showInLine } from '../hidden-characters.ts'
import { READING_LIMITS } from './limits.ts'

/** What one part of a folder gave. */
export type PartialReading = Pick<ToolReading, 'candidates' | 'leftOut' | 'notes'>

export function emptyReading(): PartialReading {
  return { candidates: [], leftOut: [], notes: [] }
}

export function addTo(reading: PartialReading, more: PartialReading): void {
  for (const candidate of more.candidates) reading.candidates.push(candidate)
  for (const item of more.leftOut) reading.leftOut.push(item)
  for (const note of more.notes) reading.notes.push(note)
}

/** A candidate, or the file that is left out. */
export function addFile(reading: PartialReading, path: string, found: ImportCandidate | { reason: string }): void {
  if ('reason' in found) reading.leftOut.push({ path, reason: found.reason })
  else reading.candidates.push(found)
}

/** In the order of their paths, in bounds, safe to print, with a word on names that are there twice. */
export function finishReading(
  kind: ToolReading['kind'],
  { candidates, leftOut, notes }: PartialReading,
  manifest: ManifestCheck | null,
): ToolReading {
  const shown = leftOut
    .map(({ path, reason }) => ({ path: showInLine(path), reason: showInLine(reason) }))
    .toSorted((left, right) => compareText(left.path, right.path))
  const more = shown.length - READING_LIMITS.leftOut
  return {
    kind,
    candidates: markTwins(candidates.toSorted((left, right) => compareText(left.sourcePath, right.sourcePath))),
    leftOut: shown.slice(0, READING_LIMITS.leftOut),
    manifest,
    notes: [...notes.map(showInLine), ...(more > 0 ? [`${more} more files were left out.`] : [])],
  }
}

function markTwins(candidates: ImportCandidate[]): ImportCandidate[] {
  const byName = new Map<string, ImportCandidate[]>()
  for (const candidate of candidates) {
    if (candidate.name !== undefined) byName.set(candidate.name, [...(byName.get(candidate.name) ?? []), candidate])
  }
  return candidates.map((candidate) => {
    const sameName = byName.get(candidate.name ?? '')?.filter((other) => other !== candidate) ?? []
    // An older version that others import stands beside the current one by right.
    const own = sameName.filter((other) => other.declared.isImported !== true)
    if (candidate.declared.isImported === true || own.length === 0) return candidate
    const paths = own.slice(0, 3).map(({ sourcePath }) => sourcePath)
    return { ...candidate, problems: [...candidate.problems, `Another one has the same name: ${paths.join(', ')}.`] }
  })
}
