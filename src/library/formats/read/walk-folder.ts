import type { Dirent } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { compareText } from '../compare-text.ts'
import { READING_LIMITS } from './limits.ts'
import { describeFailure } from './read-text-file.ts'

export interface FolderListing {
  /** Regular files below the folder, with `/`, sorted. Nothing behind a symbolic link. */
  files: string[]
  /** What was not looked at. */
  leftOut: { path: string; reason: string }[]
}

/** What installers, builds and interpreters leave behind: copies of the code, and the code of others. */
const BYPRODUCTS = new Set(['node_modules', '__pycache__', 'venv', 'build', 'dist', 'site-packages'])

/** All files below `root`, in bounds. Symbolic links are named and never followed. */
export async function walkFolder(root: string): Promise<FolderListing> {
  const listing: FolderListing = { files: [], leftOut: [] }
  const open = [{ path: '', depth: 0 }]
  let entries = 0
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const found = await listFolder(join(root, folder.path), READING_LIMITS.entries - entries)
    if ('problem' in found) {
      listing.leftOut.push({ path: folder.path || '.', reason: found.problem })
      continue
    }
    entries += found.entries.length
    for (const entry of found.entries) {
      const path = folder.path === '' ? entry.name : `${folder.path}/${entry.name}`
      const reason = refuse(entry, folder.depth)
      if (reason !== null) listing.leftOut.push({ path, reason })
      else if (entry.isFile()) listing.files.push(path)
      else open.push({ path, depth: folder.depth + 1 })
    }
    if (found.isCut) {
      const reason = `there are more than ${READING_LIMITS.entries} files: the others were not looked at`
      listing.leftOut.push({ path: folder.path || '.', reason })
      break
    }
  }
  listing.files.sort(compareText)
  listing.leftOut.sort((left, right) => compareText(left.path, right.path))
  return listing
}

async function listFolder(
  path: string,
  room: number,
): Promise<{ entries: Dirent[]; isCut: boolean } | { problem: string }> {
  const entries: Dirent[] = []
  try {
    // Not `readdir`: it would hold a folder of any size in memory.
    for await (const entry of await opendir(path)) {
      if (entries.length >= room) return { entries, isCut: true }
      entries.push(entry)
    }
  } catch (error) {
    return { problem: describeFailure(error) }
  }
  return { entries, isCut: false }
}

function refuse(entry: Dirent, depth: number): string | null {
  if (entry.isSymbolicLink()) return 'is a symbolic link'
  if (entry.isFile()) return entry.name.startsWith('.') ? 'is hidden' : null
  if (!entry.isDirectory()) return 'is no regular file'
  if (entry.name.startsWith('.')) return 'is hidden'
  if (BYPRODUCTS.has(entry.name) || entry.name.endsWith('.egg-info')) return 'is made by tools, not written'
  return depth + 1 > READING_LIMITS.depth ? `lies deeper than ${READING_LIMITS.depth} folders` : null
}
