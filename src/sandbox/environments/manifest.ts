import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { HandaxeError } from '../../contracts/errors.ts'
import { printable } from './printable.ts'
import { isFolder } from './store-folders.ts'

/** Every file below a folder, by its path with `/`: what it holds. */
export type Manifest = Record<string, { sha256: string; bytes: number }>

/**
 * Gives every file below `root` plain rights (readable by all, since the sandbox runs as another user; no set-user-id),
 * and records it. Rejects with `invalid_arguments` on anything that is no file or folder: a link could lead out of the mount.
 */
export async function sealFolder(root: string, signal?: AbortSignal): Promise<Manifest> {
  const manifest: Manifest = Object.create(null)
  for (const path of await listFiles(root, { chmod: true, signal }))
    manifest[path] = await describeFile(join(root, path))
  return manifest
}

export interface FolderDifference {
  missing: string[]
  changed: string[]
  added: string[]
}

export function isSame(difference: FolderDifference): boolean {
  return Object.values(difference).every((paths: string[]) => paths.length === 0)
}

/** What differs from the manifest; also where the folder itself is not there. */
export async function compareFolder(root: string, manifest: Manifest, signal?: AbortSignal): Promise<FolderDifference> {
  if (!(await isFolder(root))) return { missing: Object.keys(manifest), changed: [], added: [] }
  const present = new Set(await listFiles(root, { chmod: false, signal }))
  const changed: string[] = []
  for (const [path, expected] of Object.entries(manifest)) {
    signal?.throwIfAborted()
    if (!present.has(path)) continue
    const info = await lstat(join(root, path))
    const same = info.isFile() && info.size === expected.bytes
    if (!same || (await describeFile(join(root, path))).sha256 !== expected.sha256) changed.push(path)
  }
  return {
    missing: Object.keys(manifest).filter((path) => !present.has(path)),
    changed,
    added: [...present].filter((path) => !Object.hasOwn(manifest, path)),
  }
}

async function listFiles(
  root: string,
  options: { chmod: boolean; signal: AbortSignal | undefined },
  below = '',
): Promise<string[]> {
  options.signal?.throwIfAborted()
  if (options.chmod) await chmod(join(root, below), 0o755)
  const found: string[] = []
  const entries = await readdir(join(root, below), { withFileTypes: true })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory()) found.push(...(await listFiles(root, options, path)))
    else {
      if (options.chmod) await makePlain(root, path, entry.isFile())
      found.push(path)
    }
  }
  return found
}

async function makePlain(root: string, path: string, isFile: boolean): Promise<void> {
  if (!isFile) {
    throw new HandaxeError(
      'invalid_arguments',
      `A package brought something that is no file: ${printable(path, 200)}`,
      {
        details: { reason: 'unsafe-package', path },
        hint: 'Leave that package out: links and devices have no place in an environment.',
      },
    )
  }
  const { mode } = await lstat(join(root, path))
  await chmod(join(root, path), (mode & 0o111) === 0 ? 0o644 : 0o755)
}

async function describeFile(path: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk as Buffer)
    bytes += (chunk as Buffer).length
  }
  return { sha256: hash.digest('hex'), bytes }
}
