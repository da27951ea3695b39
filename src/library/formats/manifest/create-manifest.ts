import type { ExportFormat, ExportManifest } from '../../../contracts/exchange.ts'
import { compareText } from '../compare-text.ts'
import { FORMAT_VERSION } from '../format-version.ts'
import { sha256 } from '../sha256.ts'

export const MANIFEST_FILE = 'manifest.json'

/** From the sha256 of each file. */
export function createManifest(kind: ExportFormat, hashes: ReadonlyMap<string, string>): ExportManifest {
  const files = Object.fromEntries([...hashes].toSorted(([left], [right]) => compareText(left, right)))
  return { kind, formatVersion: FORMAT_VERSION, rootHash: rootHashOf(hashes), files }
}

/** As `sha256sum` prints the files, sorted, and its sum: it can be had without handaxe. */
export function rootHashOf(hashes: ReadonlyMap<string, string>): string {
  const lines = [...hashes]
    .toSorted(([left], [right]) => compareText(left, right))
    .map(([path, hash]) => `${hash}  ${path}\n`)
  return sha256(lines.join(''))
}
