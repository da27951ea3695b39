import { randomBytes } from 'node:crypto'
import { lstat, mkdir, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { HandaxeError } from '../../../contracts/errors.ts'
import type { ExportFormat, ExportManifest } from '../../../contracts/exchange.ts'
import { BUNDLE_FILE } from '../bundle/bundle-file.ts'
import { compareText } from '../compare-text.ts'
import { MANIFEST_FILE } from '../manifest/create-manifest.ts'
import { readManifest } from '../manifest/read-manifest.ts'
import { verifyManifest } from '../manifest/verify-manifest.ts'
import { READING_LIMITS } from '../read/limits.ts'
import { isThere } from '../read/open-source.ts'
import { errorCode, readTextFile } from '../read/read-text-file.ts'
import { walkFolder } from '../read/walk-folder.ts'

/** They name the other files, and cannot name themselves. */
const RECORDS = new Set([MANIFEST_FILE, BUNDLE_FILE])

export interface RenderedFile {
  /** Below the folder, with `/`. */
  path: string
  content: string
}

export interface FilesToWrite {
  kind: ExportFormat
  files: RenderedFile[]
  /** All files, or those below these folders. */
  overwrite: boolean | readonly string[]
  /** Folders that are not looked at. */
  leave: readonly string[]
}

/** Whether a path lies in one of the folders; both are below the same root, with `/`. */
export function isBelow(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path.startsWith(`${folder}/`))
}

/**
 * Writes an export over the previous one, if there is one: only what differs, each file in one step, the manifest last.
 * Files of the previous export that this one has not are removed with their empty folders; all others stay. Rejects with
 * `invalid_request` where that would lose what somebody wrote by hand, unless `overwrite`. Gives the paths removed.
 */
export async function writeExport(folder: string, { kind, files, overwrite, leave }: FilesToWrite): Promise<string[]> {
  const root = resolve(folder)
  try {
    await makeRoot(root)
    const previous = await readPrevious(root, { kind, overwrite: overwrite === true })
    const changes = await findChanges(root, files)
    const leftovers = (await findLeftovers(root, { previous, files })).filter((path) => !isBelow(path, leave))
    if (overwrite !== true) await refuseToLose(root, { previous, changes, leftovers, lost: overwrite || [] })
    const made = new Set(['.'])
    for (const file of changes) {
      await makeFolders(root, { folder: dirname(file.path), made })
      await writeWhole(root, file)
    }
    for (const path of leftovers) await removeFile(root, path)
    return leftovers
  } catch (error) {
    throw toWriteError(error, root)
  }
}

async function readPrevious(
  root: string,
  { kind, overwrite }: { kind: ExportFormat; overwrite: boolean },
): Promise<ExportManifest | null> {
  let previous: ExportManifest | null
  try {
    previous = await readManifest(root)
  } catch (error) {
    // A manifest that cannot be read protects nothing: its files count as written by hand.
    if (HandaxeError.isInstance(error) && overwrite) return null
    throw error
  }
  if (previous !== null && previous.kind !== kind) {
    throw new HandaxeError('invalid_request', `${root} holds an export of the form ${previous.kind}`, {
      hint: `Export to another folder, or with \`--format ${previous.kind}\`.`,
      details: { folder: root, kind: previous.kind },
    })
  }
  return previous
}

/** What is not there yet, or says something else; line ends alone are left as they are. */
async function findChanges(root: string, files: RenderedFile[]): Promise<RenderedFile[]> {
  const changes: RenderedFile[] = []
  for (const file of files) {
    const present = await readTextFile(join(root, file.path), READING_LIMITS.collectionBytes)
    if ('problem' in present || present.text !== file.content) changes.push(file)
  }
  return changes
}

/** An edit that the library has taken over in the meantime is none: the file says what the export would write. */
async function refuseToLose(
  root: string,
  {
    previous,
    changes,
    leftovers,
    lost,
  }: { previous: ExportManifest | null; changes: RenderedFile[]; leftovers: string[]; lost: readonly string[] },
): Promise<void> {
  const check = previous === null ? null : await verifyManifest(root)
  const changed = new Set(check?.changed)
  const edited = new Set(leftovers.filter((path) => changed.has(path)))
  for (const { path } of changes) {
    const isKnown = RECORDS.has(path) ? check?.rootHashMatches === true : Object.hasOwn(previous?.files ?? {}, path)
    const isEdited = changed.has(path) || (path === BUNDLE_FILE && changed.size > 0)
    if ((!isKnown || isEdited) && (await isThere(join(root, path)))) edited.add(path)
  }
  const names = [...edited].filter((path) => !isBelow(path, lost)).toSorted(compareText)
  if (names.length === 0) return
  const shown = names.slice(0, 5).join(', ')
  throw new HandaxeError(
    'invalid_request',
    `${names.length} ${names.length === 1 ? 'file' : 'files'} in ${root} were not written by an export, or were edited since: ${shown}${names.length > 5 ? ', …' : ''}`,
    {
      hint: 'Import them first with `handaxe tools import`, export to another folder, or replace them with `--overwrite`.',
      details: { folder: root, edited: names },
    },
  )
}

/** A reader sees the old file or the new one. A link in its place is replaced, not written through. */
async function writeWhole(root: string, { path, content }: RenderedFile): Promise<void> {
  const target = join(root, path)
  const temporary = join(dirname(target), `.handaxe-${randomBytes(6).toString('hex')}.tmp`)
  try {
    await writeFile(temporary, content, { flag: 'wx' })
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** Not `recursive`: Node never comes back where the file system takes no folders, such as below /proc. */
async function makeRoot(root: string): Promise<void> {
  if (!(await isThere(root))) {
    await makeRoot(dirname(root))
    await mkdir(root)
  } else if (!(await stat(root)).isDirectory()) throw inTheWay(root)
}

/** Below the root no link is gone through: it may lead elsewhere. */
async function makeFolders(root: string, { folder, made }: { folder: string; made: Set<string> }): Promise<void> {
  if (made.has(folder)) return
  await makeFolders(root, { folder: dirname(folder), made })
  made.add(folder)
  const path = join(root, folder)
  if (!(await isThere(path))) {
    await mkdir(path)
    return
  }
  if (!(await lstat(path)).isDirectory()) throw inTheWay(path)
}

function inTheWay(path: string): HandaxeError {
  return new HandaxeError('invalid_request', `${path} is in the way: it is no folder`, {
    hint: 'Move it away, or export to another folder.',
    details: { path },
  })
}

/** Only files that the folder itself lists: a manifest that somebody edited must not lead out of it, or to hidden ones. */
async function findLeftovers(
  root: string,
  { previous, files }: { previous: ExportManifest | null; files: RenderedFile[] },
): Promise<string[]> {
  if (previous === null || previous.kind === 'bundle') return []
  const written = new Set(files.map(({ path }) => path))
  const present = (await walkFolder(root)).files
  return present.filter((path) => Object.hasOwn(previous.files, path) && !written.has(path))
}

/** With the folders that are empty then. */
async function removeFile(root: string, path: string): Promise<void> {
  await rm(join(root, path), { force: true })
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
    if ((await readdir(join(root, folder))).length > 0) return
    await rmdir(join(root, folder))
  }
}

function toWriteError(error: unknown, root: string): unknown {
  const code = errorCode(error)
  if (code === null || HandaxeError.isInstance(error)) return error
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new HandaxeError('disk_full', `There is no room for the export in ${root}`, {
      hint: 'Free some space, or export to another disk.',
      cause: error,
    })
  }
  return new HandaxeError('invalid_request', `The export cannot be written to ${root} (${code})`, {
    hint: 'Name a folder that you may write to.',
    details: { folder: root, code },
    cause: error,
  })
}
