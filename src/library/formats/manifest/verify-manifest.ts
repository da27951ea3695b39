import { join } from 'node:path'
import type { ExportManifest, ManifestCheck } from '../../../contracts/exchange.ts'
import { readBundleFile } from '../bundle/bundle-file.ts'
import { READING_LIMITS } from '../read/limits.ts'
import { readBytes } from '../read/read-text-file.ts'
import { walkFolder } from '../read/walk-folder.ts'
import { sha256 } from '../sha256.ts'
import { MANIFEST_FILE, rootHashOf } from './create-manifest.ts'
import { locateManifest, readFolderManifest } from './read-manifest.ts'

/**
 * Holds an exported folder, or a bundle, against its manifest. Null where there is none. Line ends that git or an editor
 * turned are no change. Rejects with `invalid_input_file` where the manifest cannot be read.
 */
export async function verifyManifest(path: string): Promise<ManifestCheck | null> {
  const place = await locateManifest(path)
  if (place === null) return null
  if (place.isBundle) return (await readBundleFile(place.path)).check
  const manifest = await readFolderManifest(place.path)
  return manifest === null ? null : verifyFolder(place.path, manifest)
}

async function verifyFolder(root: string, manifest: ExportManifest): Promise<ManifestCheck> {
  // Only what the folder itself lists is opened: a path in the manifest leads nowhere else.
  const files = new Set((await walkFolder(root)).files)
  files.delete(MANIFEST_FILE)
  const expected = new Map(Object.entries(manifest.files))
  const changed: string[] = []
  for (const [path, hash] of expected) {
    if (files.has(path) && !(await hasHash(join(root, path), hash))) changed.push(path)
  }
  return checkOf(manifest, {
    changed,
    missing: [...expected.keys()].filter((path) => !files.has(path)),
    added: [...files].filter((path) => !expected.has(path)),
  })
}

function checkOf(manifest: ExportManifest, found: Pick<ManifestCheck, 'changed' | 'missing' | 'added'>): ManifestCheck {
  const rootHashMatches = rootHashOf(new Map(Object.entries(manifest.files))) === manifest.rootHash
  const isSame = found.changed.length + found.missing.length + found.added.length === 0
  return { kind: manifest.kind, rootHash: manifest.rootHash, ok: isSame && rootHashMatches, rootHashMatches, ...found }
}

async function hasHash(path: string, hash: string): Promise<boolean> {
  const read = await readBytes(path, READING_LIMITS.collectionBytes)
  if ('problem' in read) return false
  if (sha256(read.bytes) === hash) return true
  // Latin-1 keeps every byte, whatever the file is encoded in.
  return sha256(Buffer.from(read.bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1')) === hash
}
