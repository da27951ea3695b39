import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeSync,
  chownSync,
} from 'node:fs'
import { readdir, rmdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Limits } from '../../../contracts/limits.ts'
import { KernelFile } from './kernel-file.ts'

/** Below each hierarchy's root: one folder an instance, in it one folder a slot. */
const FOLDER = 'handaxe'

/** The bounds of one slot, and what it has used of them. Reads are of kernel files: some 10 µs each. */
export interface SlotGroup {
  /** False where the limit was fixed when the slot was made. */
  readonly canSetMemory: boolean
  setMemory(bytes: number): void
  cpuMs(): number
  peakMemoryBytes(): number
  outOfMemoryKills(): number
  /** Only where the kernel does not bound the sum: what all processes use now, exact where it is above `limit`. */
  memoryBytes?(limit: number): number
  /** Waits for the last process to be gone. */
  remove(): Promise<void>
}

export interface CgroupTier {
  readonly version: 1 | 2
  /** The instance's folder in each hierarchy, by the name under which the zygote sees it. */
  readonly folders: { name: string; path: string }[]
  /** The group that a zygote started by root has to enter before it gives up root; null where it needs none. */
  readonly zygoteGroup: string | null
  createSlot(slot: number, limits: Limits, userId: number): SlotGroup
  remove(): Promise<void>
}

/**
 * The strongest tier that this process can use: bounds on memory and processes of a whole execution, and its CPU time.
 * Null where cgroups are not writable, as for an ordinary user without delegation: bounds are then per process.
 * `userId` is whom the zygotes run as.
 */
export function openCgroups(instance: string, userId: number = process.getuid?.() ?? 0): CgroupTier | null {
  const mounts = readMounts()
  return openVersion1(mounts, instance) ?? openVersion2(mounts, instance, userId)
}

/** Removes what an instance has left behind that was killed. What belongs to another user is left to that user. */
export async function removeLeftoverGroups(isDead: (instance: string) => boolean): Promise<void> {
  for (const root of knownRoots()) {
    const instances = await readdir(join(root, FOLDER)).catch(() => [])
    for (const instance of instances) {
      if (isDead(instance) && isOurs(join(root, FOLDER, instance))) await removeInstance(join(root, FOLDER, instance))
    }
  }
}

interface CgroupMount {
  path: string
  version: 1 | 2
  controllers: string[]
}

function readMounts(): CgroupMount[] {
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

function knownRoots(): string[] {
  return readMounts().flatMap((mount) => (mount.version === 1 ? [mount.path] : version2Parents(mount.path)))
}

function openVersion1(mounts: CgroupMount[], instance: string): CgroupTier | null {
  const find = (name: string) => mounts.find((mount) => mount.version === 1 && mount.controllers.includes(name))?.path
  const memory = find('memory')
  const pids = find('pids')
  const cpuacct = find('cpuacct')
  if (memory === undefined || pids === undefined || cpuacct === undefined) return null
  // Often one hierarchy with cpuacct. As a group of its own a slot gets no more of a processor by having more processes.
  const cpu = find('cpu') ?? cpuacct
  const folders = { memory, pids, cpuacct, ...(cpu === cpuacct ? {} : { cpu }) }
  const own = Object.entries(folders).map(([name, root]) => ({ name, path: join(root, FOLDER, instance) }))
  if (!own.every(({ path }) => tryMakeFolder(path))) return null
  for (const folder of [join(cpu, FOLDER), join(cpu, FOLDER, instance)]) weigh(folder, 'cpu.shares', 1024)
  const path = (root: string, slot: number) => join(root, FOLDER, instance, `slot-${slot}`)
  return {
    version: 1,
    folders: own,
    zygoteGroup: null,
    createSlot(slot, limits, userId) {
      const group = { memory: path(memory, slot), pids: path(pids, slot), cpuacct: path(cpuacct, slot) }
      const all = Object.values(folders).map((root) => path(root, slot))
      for (const folder of all) makeGroup(folder, userId)
      write(join(group.pids, 'pids.max'), limits.processes)
      setMemoryVersion1(group.memory, limits.memoryBytes)
      const usage = new KernelFile(join(group.cpuacct, 'cpuacct.usage'))
      const peak = new KernelFile(join(group.memory, 'memory.max_usage_in_bytes'))
      const control = new KernelFile(join(group.memory, 'memory.oom_control'))
      return {
        canSetMemory: true,
        setMemory: (bytes) => setMemoryVersion1(group.memory, bytes),
        cpuMs: () => usage.readNumber() / 1e6,
        peakMemoryBytes: () => peak.readNumber(),
        outOfMemoryKills: () => control.readField('oom_kill'),
        remove() {
          for (const file of [usage, peak, control]) file.close()
          return removeFolders(all)
        },
      }
    },
    remove: () => removeFolders(own.map(({ path }) => path)),
  }
}

/** The limit of memory with swap may never be below that of memory alone: which goes first depends on the direction. */
function setMemoryVersion1(folder: string, bytes: number): void {
  const memory = join(folder, 'memory.limit_in_bytes')
  const withSwap = join(folder, 'memory.memsw.limit_in_bytes')
  const hasSwapLimit = exists(withSwap)
  if (hasSwapLimit && Number(readText(withSwap)) < bytes) write(withSwap, bytes)
  write(memory, bytes)
  if (hasSwapLimit) write(withSwap, bytes)
}

function openVersion2(mounts: CgroupMount[], instance: string, userId: number): CgroupTier | null {
  const mount = mounts.find((one) => one.version === 2)
  if (mount === undefined) return null
  for (const parent of version2Parents(mount.path)) {
    const own = join(parent, FOLDER, instance)
    if (tryMakeFolder(own) && tryDelegate(join(parent, FOLDER)) && tryDelegate(own)) return version2Tier(own, userId)
    removeQuietly(own)
  }
  return null
}

/** From the root down to the own group: the first folder that hands memory and pids on, and can be written to, is used. */
function version2Parents(root: string): string[] {
  const own = /^0::(\/.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/'
  const parents: string[] = []
  for (let path = own; ; path = dirname(path)) {
    parents.unshift(join(root, path))
    if (path === '/') break
  }
  return parents.filter((folder) => {
    const control = readText(join(folder, 'cgroup.subtree_control')).split(/\s+/)
    return control.includes('memory') && control.includes('pids')
  })
}

function tryDelegate(folder: string): boolean {
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
  weigh(folder, 'cpu.weight', 100)
  return true
}

/**
 * A group counts as one process beside its neighbours, however much is in it: on a busy machine all executions together
 * would get the time of one. So each folder above them counts as one process for each processor, and no more: the host
 * has to keep up with them.
 */
function weigh(folder: string, file: string, ofOneProcess: number): void {
  const path = join(folder, file)
  if (exists(path)) write(path, ofOneProcess * availableParallelism())
}

/**
 * Who moves a process from one group to another must be allowed to write to the nearest group above both. So the zygote has
 * a group beside those of its slots, and its user may move processes below the folder of the instance, and nowhere else.
 * Into that folder itself nobody can be moved: it hands controllers on.
 */
function version2Tier(own: string, userId: number): CgroupTier {
  const zygotes = join(own, 'zygotes')
  makeGroup(zygotes, userId)
  handOver(join(own, 'cgroup.procs'), userId)
  return {
    version: 2,
    folders: [{ name: 'unified', path: own }],
    zygoteGroup: zygotes,
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

/** The sandbox's user may put itself into the group, and nothing else. */
function makeGroup(folder: string, userId: number): void {
  mkdirSync(folder)
  openToAll(folder)
  const tasks = join(folder, 'tasks')
  handOver(exists(tasks) ? tasks : join(folder, 'cgroup.procs'), userId)
}

/** Only root has another user for the sandbox; anybody else owns what it makes. */
function handOver(file: string, userId: number): void {
  if (userId !== process.getuid?.()) chownSync(file, userId, userId)
}

function tryMakeFolder(folder: string): boolean {
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

function isOurs(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false })?.uid === process.getuid?.()
}

async function removeInstance(folder: string): Promise<void> {
  const slots = await readdir(folder, { withFileTypes: true }).catch(() => [])
  await removeFolders([...slots.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name)), folder])
}

/** A group whose last process has just died is busy for a moment. */
async function removeFolders(folders: string[]): Promise<void> {
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

function removeQuietly(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // Never made, or not ours.
  }
}

function write(file: string, value: number | string): void {
  const descriptor = openSync(file, 'w')
  try {
    writeSync(descriptor, String(value))
  } finally {
    closeSync(descriptor)
  }
}

function exists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    // The group is gone, or this kernel does not have the file: nothing to be read.
    return ''
  }
}
