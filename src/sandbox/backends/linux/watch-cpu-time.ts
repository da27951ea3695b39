import { availableParallelism } from 'node:os'
import type { Slot } from './slot.ts'

/** Asked once: the call costs as much as a look at the cgroup. */
const PROCESSORS = availableParallelism()
const SHORTEST_WAIT_MS = 10
/** setTimeout takes 31 bits. */
const LONGEST_WAIT_MS = 2 ** 31 - 1

/**
 * Calls `onExceeded` when all processes of the slot together have used `cpuMs`. It looks again when the limit could be
 * reached at the soonest, with every processor busy: a few looks in all. Without a cgroup RLIMIT_CPU alone bounds it.
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
