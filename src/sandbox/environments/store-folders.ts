import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { HandaxeError } from '../../contracts/errors.ts'
import { printable } from './printable.ts'

/*
 * <folder>/names/<name>.json          which build a name means; replaced whole
 * <folder>/builds/<hash>/             one complete build; never changed
 * <folder>/builds/.building-<id>/     under way, or left by a process that was killed
 * <folder>/builds/.removed-<id>/      being deleted
 */
export const namesFolder = (folder: string): string => join(folder, 'names')
export const buildsFolder = (folder: string): string => join(folder, 'builds')

const HEARTBEAT_MS = 20_000
// Thirty heartbeats: a builder that is still alive, in whatever container, is never mistaken for a dead one.
const ABANDONED_MS = 30 * HEARTBEAT_MS
// A build that lost its name may still be mounted by an execution under way; none lives that long.
const UNUSED_MS = 24 * 60 * 60_000

/** Throws `invalid_arguments`. Names are file names too, on every system: lower case, no dot at either end. */
export function assertEnvironmentName(name: string): void {
  if (/^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/.test(name) && !name.includes('..')) return
  throw new HandaxeError('invalid_arguments', `'${printable(name, 80)}' cannot be the name of an environment`, {
    details: { reason: 'invalid-name' },
    hint: 'Use up to 64 of a-z, 0-9, dot, hyphen and underscore; begin and end with a letter or digit.',
  })
}

/** A folder to build in, on the same disk as the finished builds. `release` removes it, whatever lies in it. */
export async function openBuildingFolder(folder: string): Promise<{ path: string; release(): Promise<void> }> {
  await mkdir(namesFolder(folder), { recursive: true })
  const path = join(buildsFolder(folder), `.building-${randomUUID()}`)
  await mkdir(path, { recursive: true })
  const beat = setInterval(() => {
    const now = new Date()
    // Where the folder is gone, the build fails by itself and says why.
    utimes(path, now, now).catch(() => clearInterval(beat))
  }, HEARTBEAT_MS)
  beat.unref()
  return {
    path,
    async release() {
      clearInterval(beat)
      await removeTree(path)
    },
  }
}

/** Moves a finished build into its place. Where another builder was faster, its build is as good and stays. */
export async function publishBuild(built: string, target: string): Promise<void> {
  try {
    await rename(built, target)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    const exists = ['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(code) && (await isFolder(target))
    if (!exists) throw error
  }
}

/** Takes a folder out of sight in one step, then deletes it: half a deletion never looks like a whole build. */
export async function hideBuild(folder: string, hash: string): Promise<string | null> {
  const hidden = join(buildsFolder(folder), `.removed-${randomUUID()}`)
  try {
    await rename(join(buildsFolder(folder), hash), hidden)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  const now = new Date()
  await utimes(hidden, now, now)
  return hidden
}

/**
 * Deletes what killed processes left, and builds that no name has meant for a day. `used` are the hashes that names mean.
 * What cannot be deleted now is tried again next time.
 */
export async function sweepBuilds(folder: string, used: Set<string>, now = Date.now()): Promise<string[]> {
  const removed: string[] = []
  for (const name of await namesIn(buildsFolder(folder))) {
    const path = join(buildsFolder(folder), name)
    const age = now - (await modifiedAt(path))
    const temporary = name.startsWith('.building-') || name.startsWith('.removed-')
    if (temporary ? age < ABANDONED_MS : used.has(name) || age < UNUSED_MS) continue
    await removeTree(path)
    removed.push(name)
  }
  return removed
}

/** Marks the time from which a build counts as unused. */
export async function touchBuild(folder: string, hash: string): Promise<void> {
  const now = new Date()
  await utimes(join(buildsFolder(folder), hash), now, now).catch(ignoreMissing)
}

export async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(ignoreMissing)) ?? []
}

export async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(ignoreMissing))?.isDirectory() ?? false
}

export async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 })
}

/** What another process has just taken away counts as new: there is nothing left to delete. */
async function modifiedAt(path: string): Promise<number> {
  return (await stat(path).catch(ignoreMissing))?.mtimeMs ?? Date.now()
}

export function ignoreMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  return undefined
}
