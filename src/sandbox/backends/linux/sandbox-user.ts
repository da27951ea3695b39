import { readFileSync } from 'node:fs'

/** Of systemd's list of ranges, the one that nobody hands out: neither people, services nor containers have ids here. */
const UNUSED_FROM = 1_900_000_000
/** Largest process id that Linux gives, plus one. */
const PROCESS_IDS = 2 ** 22
let opened = 0

export interface SandboxUser {
  id: number
  /** True where it is not the user that handaxe runs as. */
  own: boolean
}

/**
 * The user that code runs as on the host. As root each sandbox gets one that owns nothing and that no other living
 * sandbox has; an ordinary user can only use its own id.
 */
export function chooseSandboxUser(processId: number, currentId: number): SandboxUser {
  if (currentId !== 0) return { id: currentId, own: false }
  const counter = opened++ % 16
  if (isMapped(UNUSED_FROM + 16 * PROCESS_IDS))
    return { id: UNUSED_FROM + counter * PROCESS_IDS + processId, own: true }
  // In a container with few ids: between the system's dynamic users and `nobody`.
  return { id: 60_600 + ((processId * 16 + counter) % 500), own: true }
}

function isMapped(id: number): boolean {
  return readFileSync('/proc/self/uid_map', 'latin1')
    .trim()
    .split('\n')
    .some((line) => {
      const [first = 0, , length = 0] = line.trim().split(/\s+/).map(Number)
      return id >= first && id < first + length
    })
}
