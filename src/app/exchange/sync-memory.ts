import { randomBytes } from 'node:crypto'
import { readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { HandaxeError } from '../../contracts/errors.ts'
import type { ExportManifest, ExportResult } from '../../contracts/exchange.ts'
import type { ToolVersion } from '../../contracts/tool.ts'
import { readManifest } from '../../library/formats/manifest/read-manifest.ts'
import { isThere } from '../../library/formats/read/open-source.ts'
import { sha256 } from '../../library/formats/sha256.ts'
import { createFolder } from '../create-folder.ts'
import type { App } from '../open-app.ts'
import type { Config } from '../resolve-config.ts'
import type { SyncAction } from './decide-sync.ts'

const schema = z.object({
  kind: z.literal('handaxe-sync'),
  formatVersion: z.literal(1),
  folder: z.string(),
  tools: z.record(z.string(), z.object({ text: z.string(), files: z.string() })),
})

/**
 * What a folder and the library had in common when they were last brought in step here: by tool, hashes of its text in the
 * library and of its lines in the manifest. The manifest alone cannot say who removed a tool: a library that lacks it may
 * never have had it, and one that has it may have made it since.
 */
export type SyncMemory = z.infer<typeof schema>

/** As much of a plan that was carried out as the memory is made of. */
export interface DoneSync {
  folder: string
  items: readonly { name: string; action: SyncAction | 'refused' }[]
  skills: ReadonlyMap<string, { path: string }>
}

/** Null where they were never brought in step here. Rejects with `invalid_input_file` for a memory that cannot be read. */
export async function loadSyncMemory(config: Config, folder: string): Promise<SyncMemory | null> {
  const path = await memoryPath(config, folder)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw unreadable(path, error)
  }
  try {
    return schema.parse(JSON.parse(text))
  } catch (error) {
    throw unreadable(path, error)
  }
}

function unreadable(path: string, cause: unknown): HandaxeError {
  return new HandaxeError('invalid_input_file', `${path} cannot be read: what was in step before is not known`, {
    hint: 'Delete it: then what one side lacks is taken for new on the other.',
    details: { path },
    cause,
  })
}

/** Writes down what is in step now. What is still open stays as it was remembered. */
export async function rememberSync(
  { library: open, config }: Pick<App, 'library' | 'config'>,
  plan: DoneSync,
  { memory, written }: { memory: SyncMemory | null; written: ExportResult | null },
): Promise<void> {
  if (!(await isThere(plan.folder))) return
  const library = await open()
  const manifest = await readManifest(plan.folder)
  const tools: SyncMemory['tools'] = {}
  for (const { name, action } of plan.items) {
    const before = memory?.tools[name]
    const isGone = action === 'retire' || (action === 'remove' && written !== null)
    const isInStep = action === 'none' || action === 'import' || action === 'write'
    const tool = isInStep ? await library.find(name) : null
    const path = plan.skills.get(name)?.path ?? ''
    const files = hashFiles(manifest, path)
    if (isInStep && tool !== null && tool.state !== 'retired' && files !== null) {
      tools[name] = { text: hashText(tool), files }
    } else if (!isGone && !isInStep && before !== undefined) tools[name] = before
  }
  const path = await memoryPath(config, plan.folder)
  await createFolder(dirname(path))
  const content: SyncMemory = { kind: 'handaxe-sync', formatVersion: 1, folder: plan.folder, tools }
  const partial = `${path}.${randomBytes(4).toString('hex')}.partial`
  try {
    await writeFile(partial, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
    await rename(partial, path)
  } finally {
    await rm(partial, { force: true })
  }
}

/** One for each folder and library. */
async function memoryPath({ folders, storePath }: Config, folder: string): Promise<string> {
  const place = await realpath(folder).catch(() => resolve(folder))
  return join(folders.state, 'sync', `${sha256(JSON.stringify([place, storePath])).slice(0, 32)}.json`)
}

/** Of what counts as a change. */
export function hashText({ code, tests, whenToUse, exampleRequests }: ToolVersion): string {
  return sha256(JSON.stringify([code, tests, whenToUse, exampleRequests]))
}

/** Of the lines of one skill in the manifest; null where it has none. */
export function hashFiles(manifest: ExportManifest | null, path: string): string | null {
  const lines = Object.entries(manifest?.files ?? {}).filter(([file]) => file.startsWith(`${path}/`))
  return lines.length === 0 ? null : sha256(JSON.stringify(lines.toSorted()))
}
