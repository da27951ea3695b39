import { readFileSync, readlinkSync } from 'node:fs'
import type { RunOwner } from '../contracts/run.ts'

/**
 * What tells this process from all others, beside its id, which is given again: the boot of its machine, its pid namespace and
 * when it started. Null where the system does not say (only Linux does).
 */
export function readOwner(): RunOwner | null {
  const [bootId, pidNamespace, startTicks] = [readBootId(), readPidNamespace(), readStartTicks(process.pid)]
  return bootId === null || pidNamespace === null || startTicks === null ? null : { bootId, pidNamespace, startTicks }
}

export function readBootId(): string | null {
  return readOrNull(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim())
}

export function readPidNamespace(): string | null {
  return readOrNull(() => /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? null)
}

/** In clock ticks since the machine started; null for a process that is not there or has ended. */
export function readStartTicks(pid: number): string | null {
  return readOrNull(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name of the command stands in brackets and may hold anything, brackets too.
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? null : (rest[18] ?? null)
  })
}

function readOrNull<Value>(read: () => Value): Value | null {
  try {
    return read()
  } catch {
    // Another system, or no such process.
    return null
  }
}
