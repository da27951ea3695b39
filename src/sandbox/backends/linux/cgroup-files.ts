import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeSync,
} from 'node:fs'
import { readdir, rmdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** Below the folder of a hierarchy that is used: one folder an instance, in it one folder a slot. */
export const FOLDER = 'handaxe'

export interface CgroupMount {
  path: string
  version: 1 | 2
  controllers: string[]
}

export function readMounts(): CgroupMount[] {
  const mounts: CgroupMount[] = []
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [left = '', right = ''] = line.split(' - ')
    const path = left.split(' ')[4] ?? ''
    const [type, , options = ''] = right.split(' ')
    if (type === 'cgroup') mounts.push({ path, version: 1, controllers: options.split(',') })
    if (type === 'cgroup2') mounts.push({ path, version: 2, controllers: [] })
  }
  return mounts
}

/** As one process beside its neighbours, however much is in it, a group counts: see `weigh`. */
export function ownWeight(ofOneProcess: number): number {
  return ofOneProcess * availableParallelism()
}

/**
 * A group counts as one process beside its neighbours, however much is in it: on a busy machine all executions together
 * would get the time of one. So each folder above them counts as one process for each processor, and no more: the host
 * has to keep up with them.
 */
export function weigh(folder: string, file: string, ofOneProcess: number): void {
  const path = join(folder, file)
  if (exists(path)) write(path, ownWeight(ofOneProcess))
}

/** The sandbox's user may put itself into the group, and nothing else. */
export function makeGroup(folder: string, userId: number): void {
  mkdirSync(folder)
  openToAll(folder)
  const tasks = join(folder, 'tasks')
  handOver(exists(tasks) ? tasks : join(folder, 'cgroup.procs'), userId)
}

/** Only root has another user for the sandbox; anybody else owns what it makes. */
export function handOver(file: string, userId: number): void {
  if (userId !== process.getuid?.()) chownSync(file, userId, userId)
}

export function tryMakeFolder(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true })
    for (const path of [dirname(folder), folder]) openToAll(path)
    return true
  } catch {
    // Read-only or not ours: this tier cannot be used, which the guarantees say.
    return false
  }
}

/** Whatever the umask is: the sandbox's user has to come through. Groups of others are theirs to open. */
function openToAll(folder: string): void {
  if (isOurs(folder)) chmodSync(folder, 0o755)
}

export function isOurs(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.uid === process.getuid?.()
}

export async function removeInstance(folder: string): Promise<void> {
  const slots = await readdir(folder, { withFileTypes: true }).catch(() => [])
  await removeFolders([...slots.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name)), folder])
}

/** A group whose last process has just died is busy for a moment. */
export async function removeFolders(folders: string[]): Promise<void> {
  for (const folder of folders) {
    for (let attempt = 0; attempt < 50; attempt++) {
      try {
        await rmdir(folder)
        break
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code === 'ENOENT') break
        if (code !== 'EBUSY' && code !== 'ENOTEMPTY') throw error
        await delay(5 + attempt)
      }
    }
  }
}

export function removeQuietly(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // Never made, not ours, or in use by another instance.
  }
}

export function write(file: string, value: number | string): void {
  const descriptor = openSync(file, 'w')
  try {
    writeSync(descriptor, String(value))
  } finally {
    closeSync(descriptor)
  }
}

export function exists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined
}

export function readText(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    // The group is gone, or this kernel does not have the file: nothing to be read.
    return ''
  }
}

export function readWords(file: string): string[] {
  return readText(file).trim().split(/\s+/)
}
