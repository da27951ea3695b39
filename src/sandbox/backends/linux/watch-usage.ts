import { availableParallelism } from 'node:os'
import type { Slot } from './slot.ts'

/** Asked once: the call costs as much as a look at the cgroup. */
const PROCESSORS = availableParallelism()
const SHORTEST_WAIT_MS = 10
/** A process can write some 100 MB in this time: rlimits bound each one, this bounds the sum. */
const MEMORY_LOOK_MS = 50
/** setTimeout takes 31 bits. */
const LONGEST_WAIT_MS = 2 ** 31 - 1

/**
 * Calls `onExceeded` when all processes of the slot together have used `cpuMs`. It looks again when the limit could be
 * reached at the soonest, with every processor busy: a few looks in all. RLIMIT_CPU bounds each process besides.
 */
export function watchCpuTime({ group, cpuMsBefore }: Slot, cpuMs: number, onExceeded: () => void): () => void {
  if (group === null) return () => {}
  let timer: NodeJS.Timeout
  const look = () => {
    const left = cpuMs - (group.cpuMs() - cpuMsBefore)
    if (left <= 0) onExceeded()
    else wait(left)
  }
  const wait = (left: number) => {
    timer = setTimeout(look, Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, left / PROCESSORS)))
  }
  wait(cpuMs)
  return () => clearTimeout(timer)
}

/** Calls `onExceeded` when the processes of the slot use more than `memoryBytes` together, where no cgroup sees to it. */
export function watchMemory({ group }: Slot, memoryBytes: number, onExceeded: () => void): () => void {
  if (group?.memoryBytes === undefined) return () => {}
  const timer = setInterval(() => {
    if ((group.memoryBytes?.(memoryBytes) ?? 0) > memoryBytes) onExceeded()
  }, MEMORY_LOOK_MS)
  return () => clearInterval(timer)
}
