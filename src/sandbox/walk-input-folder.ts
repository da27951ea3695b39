import { lstat, readdir, readlink } from 'node:fs/promises'
import { join, posix } from 'node:path'

export interface InputEntry {
  /** Below the folder, with `/`. */
  name: string
  /** On the host. */
  path: string
  kind: 'file' | 'folder' | 'link'
  /** Of a file. */
  bytes: number
  /** Of a link: what it leads to, as it is written. */
  target: string
}

/** More is no input but somebody's whole disk, given by mistake. */
const MOST_ENTRIES = 100_000
const DEEPEST = 64

/**
 * All that lies in a folder, each folder before what is in it. Links are not followed, and those that lead out of the folder
 * are left out: inside they would lead to nothing. Throws for what has no content to give: sockets, pipes and devices.
 */
export async function* walkInputFolder(root: string): AsyncGenerator<InputEntry> {
  const waiting = [{ name: '', path: root, depth: 0 }]
  let count = 0
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    if (folder.depth > DEEPEST) throw new Error(`it is deeper than ${DEEPEST} folders at ${folder.name}`)
    for (const one of (await readdir(folder.path)).sort()) {
      count += 1
      if (count > MOST_ENTRIES) throw new Error(`there are more than ${MOST_ENTRIES} files in it`)
      const entry = await describe(folder.name === '' ? one : `${folder.name}/${one}`, join(folder.path, one))
      if (entry.kind === 'link' && leadsOut(entry)) continue
      yield entry
      if (entry.kind === 'folder') waiting.push({ name: entry.name, path: entry.path, depth: folder.depth + 1 })
    }
  }
}

/** By what is written in it; engines refuse an archive with such a link. */
function leadsOut({ name, target }: InputEntry): boolean {
  const end = posix.normalize(posix.join(posix.dirname(name), target))
  return posix.isAbsolute(target) || end === '..' || end.startsWith('../')
}

async function describe(name: string, path: string): Promise<InputEntry> {
  const stat = await lstat(path)
  if (stat.isDirectory()) return { name, path, kind: 'folder', bytes: 0, target: '' }
  if (stat.isFile()) return { name, path, kind: 'file', bytes: stat.size, target: '' }
  if (stat.isSymbolicLink()) return { name, path, kind: 'link', bytes: 0, target: await readlink(path) }
  throw new Error(`${name} in it is neither a file, a folder nor a link`)
}
