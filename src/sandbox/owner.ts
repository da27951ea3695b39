import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { startTicks } from './process-identity.ts'

/**
 * The process that something outside of this machine's own care belongs to: machine, boot and pid namespace, as a hash,
 * because it may be kept elsewhere; process id; its start time.
 */
export function describeOwner(): string {
  return `${surroundings()} ${process.pid} ${startTime(process.pid)}`
}

/** What became of the process that a label names: of another machine, boot or pid namespace nothing can be told here. */
export function ownerState(label: string): 'alive' | 'gone' | 'unknown' {
  const [where, pid, start] = label.split(' ')
  if (where !== surroundings() || pid === undefined || start === undefined) return 'unknown'
  return startTime(Number(pid)) === start ? 'alive' : 'gone'
}

function surroundings(): string {
  const known = `${hostname()}/${firstLine('/proc/sys/kernel/random/boot_id')}/${namespace()}`
  return createHash('sha256').update(known).digest('hex').slice(0, 16)
}

function namespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? ''
  } catch {
    // No /proc: not Linux, and no pid namespaces.
    return ''
  }
}

/** In clock ticks since the machine started, 'alive' where the system does not tell it, '' where there is none. */
function startTime(pid: number): string {
  if (process.platform === 'linux') return startTicks(pid)
  try {
    process.kill(pid, 0)
    return 'alive'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'alive' : ''
  }
}

function firstLine(file: string): string {
  try {
    return readFileSync(file, 'latin1').split('\n')[0] ?? ''
  } catch {
    // Not there.
    return ''
  }
}
