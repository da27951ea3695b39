import { join } from 'node:path'
import {
  exists,
  FOLDER,
  makeGroup,
  readText,
  removeFolders,
  tryMakeFolder,
  weigh,
  write,
  type CgroupMount,
} from './cgroup-files.ts'
import type { CgroupTier } from './cgroup-tier.ts'
import { KernelFile } from './kernel-file.ts'

/** Version 1, which only root can use. Null where it is not there, or not writable. */
export function openVersion1(mounts: CgroupMount[], instance: string): CgroupTier | null {
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
    manager: null,
    folders: own,
    zygoteGroup: null,
    launcher: null,
    prepare: () => Promise.resolve(),
    createSlot(slot, limits, userId) {
      const group = { memory: path(memory, slot), pids: path(pids, slot), cpuacct: path(cpuacct, slot) }
      const all = Object.values(folders).map((root) => path(root, slot))
      for (const folder of all) makeGroup(folder, userId)
      write(join(group.pids, 'pids.max'), limits.processes)
      setMemory(group.memory, limits.memoryBytes)
      const usage = new KernelFile(join(group.cpuacct, 'cpuacct.usage'))
      const peak = new KernelFile(join(group.memory, 'memory.max_usage_in_bytes'))
      const control = new KernelFile(join(group.memory, 'memory.oom_control'))
      return {
        canSetMemory: true,
        setMemory: (bytes) => setMemory(group.memory, bytes),
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
function setMemory(folder: string, bytes: number): void {
  const memory = join(folder, 'memory.limit_in_bytes')
  const withSwap = join(folder, 'memory.memsw.limit_in_bytes')
  const hasSwapLimit = exists(withSwap)
  if (hasSwapLimit && Number(readText(withSwap)) < bytes) write(withSwap, bytes)
  write(memory, bytes)
  if (hasSwapLimit) write(withSwap, bytes)
}
