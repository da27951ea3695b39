import { z } from 'zod'
import { HandaxeError } from '../../../contracts/errors.ts'
import type { ExportManifest, ManifestCheck } from '../../../contracts/exchange.ts'
import type { JsonObject, JsonValue } from '../../../contracts/json.ts'
import { createManifest, rootHashOf } from '../manifest/create-manifest.ts'
import { recogniseFormat } from '../format-version.ts'
import { parseJsonText, toCanonicalJson } from '../json-text.ts'
import { READING_LIMITS } from '../read/limits.ts'
import { readTextFile } from '../read/read-text-file.ts'
import { sha256 } from '../sha256.ts'
import { describeIssues } from '../tool-record.ts'

/** The file in a folder that `exportTools` wrote; a bundle may be called anything. */
export const BUNDLE_FILE = 'tools.handaxe.json'

export interface BundleEntry {
  /** `name@version`, by which the manifest knows it. */
  key: string
  tool: JsonValue
  /** Whether it differs from what was exported. */
  changed: boolean
}

export interface BundleFile {
  manifest: ExportManifest
  check: ManifestCheck
  entries: BundleEntry[]
}

const bundleSchema = z.object({
  rootHash: z.string().max(64),
  tools: z.array(z.object({ key: z.string().max(300), hash: z.string().max(64), tool: z.json() })),
})

/** The order of keys and white space are nothing: a formatter changes no tool. */
export function hashOfTool(tool: JsonValue): string {
  return sha256(toCanonicalJson(tool))
}

export function renderBundle(tools: readonly { key: string; tool: JsonObject }[]): {
  value: JsonObject
  manifest: ExportManifest
} {
  const hashed = tools.map(({ key, tool }) => ({ key, hash: hashOfTool(tool), tool }))
  const manifest = createManifest('bundle', new Map(hashed.map(({ key, hash }) => [key, hash])))
  const { formatVersion, rootHash } = manifest
  return { value: { format: 'handaxe-bundle', formatVersion, rootHash, tools: hashed }, manifest }
}

/** Rejects with `invalid_input_file` for what is no bundle, or one of a newer format. */
export async function readBundleFile(path: string): Promise<BundleFile> {
  const file = await readTextFile(path, READING_LIMITS.collectionBytes)
  if ('problem' in file) throw unreadable(path, file.problem)
  const parsed = parseJsonText(file.text)
  if ('problem' in parsed) throw unreadable(path, parsed.problem)
  const known = recogniseFormat(parsed.value, 'handaxe-bundle')
  if (known === 'other') throw unreadable(path, 'is JSON, but no bundle of tools')
  if (known !== 'ours') throw unreadable(path, known.problem, known.hint)
  const bundle = bundleSchema.safeParse(parsed.value)
  if (!bundle.success) throw unreadable(path, `is damaged: ${describeIssues(bundle.error)}`)
  return checkEntries(bundle.data)
}

function checkEntries({ rootHash, tools }: z.infer<typeof bundleSchema>): BundleFile {
  const hashes = new Map(tools.map(({ key, hash }) => [key, hash]))
  const entries = tools.map(({ key, hash, tool }) => ({ key, tool, changed: hashOfTool(tool) !== hash }))
  const rootHashMatches = rootHashOf(hashes) === rootHash && hashes.size === tools.length
  const changed = entries.filter((entry) => entry.changed).map(({ key }) => key)
  const manifest = { ...createManifest('bundle', hashes), rootHash }
  const ok = rootHashMatches && changed.length === 0
  return {
    manifest,
    check: { kind: 'bundle', rootHash, ok, rootHashMatches, changed, missing: [], added: [] },
    entries,
  }
}

function unreadable(
  path: string,
  problem: string,
  hint = 'Have the tools exported again: `handaxe tools export --format bundle`.',
): HandaxeError {
  return new HandaxeError('invalid_input_file', `${path} ${problem}`, { hint, details: { path } })
}
