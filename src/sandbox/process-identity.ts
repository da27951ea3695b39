import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** The number that Linux gives to the first pid namespace, from which the processes of all others can be seen. */
const FIRST_NAMESPACE = '4026531836'

/** Names this process for good: its pid namespace, its id there and when it started, since ids are given again. */
export function ownIdentity(): string {
  return `${pidNamespace()}-${process.pid}-${startTicks(process.pid)}`
}

/**
 * Its process id here, or that it is gone. Unknown where that cannot be told: the ids of another pid namespace mean nothing
 * in this one, unless this is the first of them, which sees the processes of all.
 */
export function findProcess(identity: string): number | 'gone' | 'unknown' {
  const [, namespace = '', pid = '', start = ''] = /^(\d+)-(\d+)-(\d+)$/.exec(identity) ?? []
  if (namespace === '') return 'unknown'
  if (namespace === pidNamespace()) return startTicks(Number(pid)) === start ? Number(pid) : 'gone'
  // Where processes of others are hidden, the first one is.
  if (pidNamespace() !== FIRST_NAMESPACE || !existsSync('/proc/1/status')) return 'unknown'
  return findInNamespace(namespace, pid, start)
}

/** True only where it is certain. */
export function isDead(identity: string): boolean {
  return findProcess(identity) === 'gone'
}

function findInNamespace(namespace: string, pid: string, start: string): number | 'gone' | 'unknown' {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || innermostId(name) !== pid) continue
    const found = linkOf(name, 'pid')
    if (found !== '' && found !== namespace) continue
    const ticks = startTicks(Number(name))
    // One that has ended shows its namespace until its parent looks, and nothing else: not even its time.
    if (ticks === '') continue
    const isSame = ticks === start
    if (found === namespace && isSame) return Number(name)
    // One that does not show its namespace, or counts from another start of the machine, may be the one.
    if (isSame || (found === namespace && linkOf(name, 'time') !== linkOf('self', 'time'))) return 'unknown'
  }
  return 'gone'
}

/** Its id in the innermost of the pid namespaces that it is in. */
function innermostId(name: string): string {
  try {
    const [, ids = ''] = /^NSpid:\s+(.*)$/m.exec(readFileSync(`/proc/${name}/status`, 'latin1')) ?? []
    return ids.trim().split(/\s+/).at(-1) ?? ''
  } catch {
    // It has just ended.
    return ''
  }
}

function linkOf(name: string, kind: 'pid' | 'time'): string {
  try {
    return /\d+/.exec(readlinkSync(`/proc/${name}/ns/${kind}`))?.[0] ?? ''
  } catch {
    // Another user's process, one that has ended, or a kernel without it.
    return ''
  }
}

function pidNamespace(): string {
  return linkOf('self', 'pid') || '0'
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
