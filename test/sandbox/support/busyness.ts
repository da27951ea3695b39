import { readFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'

/**
 * Beyond this many times of the time on a quiet machine a thing is late, however busy the machine is. Without cgroups, as for
 * an ordinary user, every process of an execution competes for itself: a fork bomb counts as so many neighbours.
 */
const MOST_BUSY = process.getuid?.() === 0 ? 40 : 60

/** How many times as long a thing may take as on a quiet machine: by the tasks that compete for each processor. */
export function busyness(): number {
  const running = Number(/(\d+)\/\d+/.exec(readFileSync('/proc/loadavg', 'latin1'))?.[1] ?? 1)
  const competing = Math.max(running, loadavg()[0] ?? 0) / availableParallelism()
  return Math.min(MOST_BUSY, Math.max(1, competing))
}

/** The busiest moment since it was called, as often as it could look. */
export function watchBusyness(): () => number {
  let busiest = busyness()
  const timer = setInterval(() => (busiest = Math.max(busiest, busyness())), 50)
  timer.unref()
  return () => {
    clearInterval(timer)
    return Math.max(busiest, busyness())
  }
}
