import { readFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'

/** Beyond this many times of the time on a quiet machine a thing is late, however busy the machine is. */
const MOST_BUSY = 20

/** How many times as long a thing may take as on a quiet machine: by the tasks that compete for each processor. */
export function busyness(): number {
  const running = Number(/(\d+)\/\d+/.exec(readFileSync('/proc/loadavg', 'latin1'))?.[1] ?? 1)
  const competing = Math.max(running, loadavg()[0] ?? 0) / availableParallelism()
  return Math.min(MOST_BUSY, Math.max(1, competing))
}
