import { join } from 'node:path'
import { z } from 'zod'
import { HandaxeError } from '../../../contracts/errors.ts'
import type { ImportCandidate, ManifestCheck } from '../../../contracts/exchange.ts'
import type { JsonValue } from '../../../contracts/json.ts'
import { isJsonObject } from '../../is-json-object.ts'
import { recogniseFormat } from '../format-version.ts'
import { parseJsonText } from '../json-text.ts'
import { dropVersions, toToolImports } from '../python/rewrite-imports.ts'
import { hashOfRecord, TOOL_LIST_FILE } from '../render-tool-list.ts'
import { sha256 } from '../sha256.ts'
import { describeIssues, readTests, toolRecordSchema } from '../tool-record.ts'
import { createCandidate, createRecordedCandidate } from './create-candidate.ts'
import { READING_LIMITS } from './limits.ts'
import { readTextFile } from './read-text-file.ts'
import { addFile, emptyReading, type PartialReading } from './reading.ts'
import { isCode, languageOf, readCode } from './read-source.ts'

const listSchema = z.object({
  kind: z.enum(['python', 'ai-sdk']),
  packageName: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
  tools: z.array(z.json()),
})

type ToolList = z.infer<typeof listSchema>

const entrySchema = toolRecordSchema.extend({
  file: z.string().max(1000),
  module: z.string().max(300).optional(),
  tests: z.json().optional(),
})

/** The list of a package that handaxe wrote; null where there is none. Rejects for one of a newer format. */
export async function findToolList(root: string, files: readonly string[]): Promise<ToolList | null> {
  if (!files.includes(TOOL_LIST_FILE)) return null
  const path = join(root, TOOL_LIST_FILE)
  const file = await readTextFile(path, READING_LIMITS.collectionBytes)
  const parsed = 'problem' in file ? file : parseJsonText(file.text)
  // Of others, whatever it holds: their files are read without it.
  if ('problem' in parsed) return null
  const known = recogniseFormat(parsed.value, 'handaxe-tools')
  if (known === 'other') return null
  const damaged = (problem: string, hint: string): HandaxeError =>
    new HandaxeError('invalid_input_file', `${path} ${problem}`, { hint, details: { path } })
  if (known !== 'ours') throw damaged(known.problem, known.hint)
  const list = listSchema.safeParse(parsed.value)
  if (list.success) return list.data
  throw damaged(`is damaged: ${describeIssues(list.error)}`, 'Have the tools exported again.')
}

interface PackageFolder {
  root: string
  files: ReadonlySet<string>
  list: ToolList
  /** Of the package, by name. */
  modules: ReadonlySet<string>
  manifest: ManifestCheck | null
}

/** The tools of a Python package or of a module for the AI SDK that handaxe wrote, with modules that were added to it. */
export async function readPackageFolder(
  root: string,
  { files, list, manifest }: { files: readonly string[]; list: ToolList; manifest: ManifestCheck | null },
): Promise<PartialReading> {
  const reading = emptyReading()
  const folder = { root, files: new Set(files), list, modules: moduleNames(list), manifest }
  const listed = new Set([TOOL_LIST_FILE])
  for (const [index, value] of list.tools.entries()) {
    const entry = entrySchema.safeParse(value)
    const path = `${TOOL_LIST_FILE}#${index + 1}`
    if (!entry.success) reading.leftOut.push({ path, reason: `is damaged: ${describeIssues(entry.error)}` })
    else {
      listed.add(entry.data.file)
      addFile(reading, entry.data.file, await readEntry(folder, { entry: entry.data, value }))
    }
  }
  for (const path of files) if (!listed.has(path)) await addUnlisted(reading, path, folder)
  return reading
}

async function readEntry(
  folder: PackageFolder,
  { entry, value }: { entry: z.infer<typeof entrySchema>; value: JsonValue },
): Promise<ImportCandidate | { reason: string }> {
  const { file: path, module: _module, tests: written, ...record } = entry
  // Only what the folder itself lists is opened: an edited list leads nowhere else.
  if (!folder.files.has(path)) return { reason: `is missing, and ${TOOL_LIST_FILE} names it` }
  const file = await readCode(join(folder.root, path))
  if ('problem' in file) return { reason: file.problem }
  const { language } = record
  const exact = toToolCode(file.original, { language, folder })
  // Some tools are kept with other line ends: they are no edit.
  const code = record.codeHash === sha256(exact) ? exact : toToolCode(file.text, { language, folder })
  const { tests, problems } = readTests(written ?? [])
  const isSameCode = record.codeHash === undefined || record.codeHash === sha256(code)
  const isSameRecord = isJsonObject(value) && (value['hash'] === undefined || value['hash'] === hashOfRecord(value))
  const candidate = createRecordedCandidate(
    { sourcePath: path, language, code },
    { record, changed: !isSameCode || !isSameRecord, problems, notes: [] },
  )
  return { ...candidate, tests }
}

/** As the library keeps it: the package's own imports lead to `tools` again. */
function toToolCode(code: string, { language, folder }: { language: string; folder: PackageFolder }): string {
  if (language !== 'python') return code
  const { list, modules } = folder
  if (list.kind === 'ai-sdk') return dropVersions(code) ?? code
  return toToolImports(code, { packageName: list.packageName, modules }) ?? code
}

function moduleNames({ tools }: ToolList): Set<string> {
  return new Set(
    tools.flatMap((tool) => (isJsonObject(tool) && typeof tool['module'] === 'string' ? [tool['module']] : [])),
  )
}

/** What the export writes and nobody has to be told of. */
const GENERATED =
  /^(?:manifest\.json|pyproject\.toml|package\.json|index\.(?:mjs|d\.mts)|src\/[a-z0-9_]+\/(?:__init__\.py|py\.typed)|tests\/(?:comparison|test_[a-z0-9_]+)\.py)$/

async function addUnlisted(reading: PartialReading, path: string, folder: PackageFolder): Promise<void> {
  if (GENERATED.test(path)) {
    const { manifest } = folder
    if (manifest === null || (!manifest.changed.includes(path) && !manifest.added.includes(path))) return
    reading.leftOut.push({ path, reason: `is not read: tests and texts are in ${TOOL_LIST_FILE}` })
    return
  }
  const language = languageOf(path)
  const ownFolder = folder.list.kind === 'python' ? `src/${folder.list.packageName}/` : 'code/'
  if (language === null || !isCode(path) || !path.startsWith(ownFolder)) {
    reading.leftOut.push({ path, reason: 'is no module of the package' })
    return
  }
  const file = await readCode(join(folder.root, path))
  if ('problem' in file) reading.leftOut.push({ path, reason: file.problem })
  else {
    const code = toToolCode(file.text, { language, folder })
    addFile(reading, path, createCandidate({ sourcePath: path, language, code }))
  }
}
