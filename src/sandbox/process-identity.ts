import { readFileSync, readlinkSync } from 'node:fs'

/** Names this process for good: its pid namespace, its id there and when it started, since ids are given again. */
export function ownIdentity(): string {
  return `${pidNamespace()}-${process.pid}-${startTicks(process.pid)}`
}

/** True only where it is certain: the ids of another pid namespace tell nothing here. */
export function isDead(identity: string): boolean {
  const [, namespace, pid, start] = /^(\d+)-(\d+)-(\d+)$/.exec(identity) ?? []
  if (namespace !== pidNamespace() || pid === undefined) return false
  return startTicks(Number(pid)) !== start
}

/** True only where it is certain, as with `isDead`: it is this process that its id stands for. */
export function isAlive(identity: string): boolean {
  return identity.startsWith(`${pidNamespace()}-`) && !isDead(identity)
}

function pidNamespace(): string {
  return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
}

/** In clock ticks since the machine started; empty for a process that is not there or has ended. */
export function startTicks(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name of the command stands in brackets and may hold anything, brackets too.
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie has let go of all it had; it stays where its parent, or the first process of a container, does not look.
    return state === 'Z' ? '' : (rest[18] ?? '')
  } catch {
    // No such process.
    return ''
  }
}
