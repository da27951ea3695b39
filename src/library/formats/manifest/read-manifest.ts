import { join } from 'node:path'
import { z } from 'zod'
import { HandaxeError } from '../../../contracts/errors.ts'
import { EXPORT_FORMATS, type ExportManifest } from '../../../contracts/exchange.ts'
import { BUNDLE_FILE, readBundleFile } from '../bundle/bundle-file.ts'
import { recogniseFormat } from '../format-version.ts'
import { parseJsonText } from '../json-text.ts'
import { READING_LIMITS } from '../read/limits.ts'
import { isThere, openSource } from '../read/open-source.ts'
import { readTextFile } from '../read/read-text-file.ts'
import { describeIssues } from '../tool-record.ts'
import { MANIFEST_FILE } from './create-manifest.ts'

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'is no sha256')
const manifestSchema = z.object({
  kind: z.enum(EXPORT_FORMATS),
  formatVersion: z.number(),
  rootHash: hash,
  files: z.record(z.string().max(4096), hash),
})

/**
 * The manifest of an exported folder, or that within a bundle (the file, or the folder that it lies in). Null where there
 * is none. Rejects with `invalid_input_file` for one that cannot be read, or that a newer handaxe wrote.
 */
export async function readManifest(path: string): Promise<ExportManifest | null> {
  const place = await locateManifest(path)
  if (place === null) return null
  return place.isBundle ? (await readBundleFile(place.path)).manifest : readFolderManifest(place.path)
}

/** The bundle, or the folder that has a manifest. */
export async function locateManifest(path: string): Promise<{ path: string; isBundle: boolean } | null> {
  const { root, isFolder } = await openSource(path)
  if (!isFolder) return { path: root, isBundle: true }
  if (await isThere(join(root, MANIFEST_FILE))) return { path: root, isBundle: false }
  const bundle = join(root, BUNDLE_FILE)
  return (await isThere(bundle)) ? { path: bundle, isBundle: true } : null
}

export async function readFolderManifest(root: string): Promise<ExportManifest | null> {
  const path = join(root, MANIFEST_FILE)
  const file = await readTextFile(path, READING_LIMITS.collectionBytes)
  if ('problem' in file) throw unreadable(path, file.problem)
  const parsed = parseJsonText(file.text)
  if ('problem' in parsed) throw unreadable(path, parsed.problem)
  const known = recogniseFormat(parsed.value, 'handaxe-export')
  // Others call files so too, browser extensions and web apps among them.
  if (known === 'other') return null
  if (known !== 'ours') throw unreadable(path, known.problem, known.hint)
  const manifest = manifestSchema.safeParse(parsed.value)
  if (!manifest.success) throw unreadable(path, `is damaged: ${describeIssues(manifest.error)}`)
  return manifest.data
}

const DAMAGED = 'Export the tools again, or delete the manifest: then nobody can say what changed.'

function unreadable(path: string, problem: string, hint = DAMAGED): HandaxeError {
  return new HandaxeError('invalid_input_file', `${path} ${problem}`, { hint, details: { path } })
}
