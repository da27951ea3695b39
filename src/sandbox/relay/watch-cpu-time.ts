import { availableParallelism } from 'node:os'
import type { RelayedGuest } from './relayed-guest.ts'

const PROCESSORS = availableParallelism()
/** An engine takes some milliseconds for an answer: more often would cost more than it saves. */
const SHORTEST_WAIT_MS = 100
const LONGEST_WAIT_MS = 2 ** 31 - 1

/**
 * Tells `onSeen` the CPU time of all processes of the guest, as its engine counts it, whenever the limit could have
 * been reached at the soonest. RLIMIT_CPU bounds each process besides. Returns what ends the watch.
 */
export function watchCpuTime(guest: RelayedGuest, limitMs: number, onSeen: (cpuMs: number) => void): () => void {
  let isEnded = false
  let timer: NodeJS.Timeout | undefined
  const wait = (left: number) => {
    timer = setTimeout(look, Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, left / PROCESSORS)))
  }
  const look = async () => {
    const usage = await guest.usage()
    if (isEnded || usage === null) return
    onSeen(usage.cpuMs)
    wait(limitMs - (usage.cpuMs - guest.cpuMsBefore))
  }
  wait(limitMs)
  return () => {
    isEnded = true
    clearTimeout(timer)
  }
}
