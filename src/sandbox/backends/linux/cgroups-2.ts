import { accessSync, constants } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  exists,
  FOLDER,
  handOver,
  isOurs,
  makeGroup,
  readText,
  readWords,
  removeFolders,
  removeQuietly,
  tryMakeFolder,
  weigh,
  write,
  type CgroupMount,
} from './cgroup-files.ts'
import type { CgroupTier } from './cgroup-tier.ts'
import { KernelFile } from './kernel-file.ts'

/** What has to be bounded; without one of them a folder is of no use. */
export const CONTROLLERS = ['memory', 'pids'] as const

/** Version 2, in a folder above the own group that this process may use. Null where there is none. */
export function openVersion2(mount: CgroupMount, instance: string, userId: number): CgroupTier | null {
  for (const parent of version2Parents(mount.path)) {
    const folder = join(parent, FOLDER)
    const own = join(folder, instance)
    if ((handsOn(parent) || tryHandOn(parent)) && tryMakeFolder(own) && tryHandOn(folder) && tryHandOn(own)) {
      for (const path of [folder, own]) weigh(path, 'cpu.weight', 100)
      return version2Tier(own, userId)
    }
    for (const path of [own, folder]) removeQuietly(path)
  }
  return null
}

/** From the root down to the own group: the first folder that hands memory and pids on, and can be written to, is used. */
export function version2Parents(root: string): string[] {
  const own = ownGroup()
  const parents: string[] = []
  for (let path = own; ; path = dirname(path)) {
    parents.unshift(path)
    if (path === '/') break
  }
  if (process.getuid?.() === 0) return parents.map((path) => join(root, path)).filter(handsOn)
  return belowUnit(parents)
    .map((path) => join(root, path))
    .filter(isDelegated)
}

/**
 * Systemd wants nobody but itself to make groups above a unit's own one, though its owner could. And none in a scope: some
 * versions before 253 end a whole scope, here with handaxe in it, when the kernel ends one process for want of memory
 * (systemd's issue 25376; Debian's 252.39 does not).
 */
function belowUnit(paths: string[]): string[] {
  const unit = paths.findLastIndex((path) => /\.(?:scope|service)$/.test(path))
  return paths[unit]?.endsWith('.scope') === true ? [] : paths.slice(Math.max(unit, 0))
}

function ownGroup(): string {
  return /^0::(\/.*)$/m.exec(readText('/proc/self/cgroup'))?.[1] ?? '/'
}

function handsOn(folder: string): boolean {
  const control = readWords(join(folder, 'cgroup.subtree_control'))
  return CONTROLLERS.every((name) => control.includes(name))
}

/** Delegation to an ordinary user is ownership: of the folder, and of the file by which processes are moved below it. */
function isDelegated(folder: string): boolean {
  const controllers = readWords(join(folder, 'cgroup.controllers'))
  if (!isOurs(folder) || !CONTROLLERS.every((name) => controllers.includes(name))) return false
  try {
    accessSync(join(folder, 'cgroup.procs'), constants.W_OK)
    return true
  } catch {
    // Delegated in part: groups could be made in it, and no process moved into them.
    return false
  }
}

/** Has the groups below the folder bound memory and processes. False where that is not ours to say, or it has processes. */
export function tryHandOn(folder: string): boolean {
  try {
    write(join(folder, 'cgroup.subtree_control'), '+memory +pids')
  } catch {
    // Not ours to hand on: the next candidate, or no cgroups at all, which the guarantees then say.
    return false
  }
  try {
    write(join(folder, 'cgroup.subtree_control'), '+cpu')
  } catch {
    // Only cpu.stat is needed, and that every group has.
  }
  return true
}

/**
 * Who moves a process from one group to another must be allowed to write to the nearest group above both. So the zygote has
 * a group beside those of its slots, and its user may move processes below the folder of the instance, and nowhere else.
 * Into that folder itself nobody can be moved: it hands controllers on.
 */
export function version2Tier(own: string, userId: number): CgroupTier {
  const zygotes = join(own, 'zygotes')
  makeGroup(zygotes, userId)
  handOver(join(own, 'cgroup.procs'), userId)
  return {
    version: 2,
    manager: null,
    folders: [{ name: 'unified', path: own }],
    zygoteGroup: zygotes,
    launcher: null,
    prepare: () => Promise.resolve(),
    createSlot(slot, limits, userId) {
      const group = join(own, `slot-${slot}`)
      makeGroup(group, userId)
      write(join(group, 'pids.max'), limits.processes)
      write(join(group, 'memory.max'), limits.memoryBytes)
      if (exists(join(group, 'memory.swap.max'))) write(join(group, 'memory.swap.max'), 0)
      if (exists(join(group, 'memory.oom.group'))) write(join(group, 'memory.oom.group'), 1)
      const usage = new KernelFile(join(group, 'cpu.stat'))
      // memory.peak is there from Linux 5.19 on; before, the present use is the best there is.
      const hasPeak = exists(join(group, 'memory.peak'))
      const peak = new KernelFile(join(group, hasPeak ? 'memory.peak' : 'memory.current'))
      const events = new KernelFile(join(group, 'memory.events'))
      return {
        canSetMemory: true,
        setMemory: (bytes) => write(join(group, 'memory.max'), bytes),
        cpuMs: () => usage.readField('usage_usec') / 1e3,
        peakMemoryBytes: () => peak.readNumber(),
        outOfMemoryKills: () => events.readField('oom_kill'),
        remove() {
          for (const file of [usage, peak, events]) file.close()
          return removeFolders([group])
        },
      }
    },
    remove: () => removeFolders([zygotes, own]),
  }
}
