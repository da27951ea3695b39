import { readFileSync } from 'node:fs'

/** Of systemd's list of ranges, the one that nobody hands out: neither people, services nor containers have ids here. */
const UNUSED_FROM = 1_900_000_000
/** Largest process id that Linux gives, plus one. */
const PROCESS_IDS = 2 ** 22
let opened = 0

/** Of the same list, after all that sandboxes can have. */
const SLOT_USERS_FROM = UNUSED_FROM + 16 * PROCESS_IDS
/** More than live at a time, so that two that live have two ids. */
const SLOT_USERS = 256
const SLOT_BLOCKS = Math.floor((2 ** 31 - SLOT_USERS_FROM) / SLOT_USERS)

export interface SandboxUser {
  id: number
  /** True where it is not the user that handaxe runs as. */
  own: boolean
  /** Ids for its slots, which are nobody else's; null where there are none, and the slots have that of the sandbox. */
  slots: { first: number; count: number } | null
}

/**
 * The user that code runs as on the host. As root each sandbox gets one that owns nothing and that no other living
 * sandbox has, and others for its slots; an ordinary user can only use its own id.
 */
export function chooseSandboxUser(processId: number, currentId: number): SandboxUser {
  if (currentId !== 0) return { id: currentId, own: false, slots: null }
  const counter = opened++ % 16
  if (isMapped(2 ** 31 - 1)) {
    const block = (counter * PROCESS_IDS + processId) % SLOT_BLOCKS
    const slots = { first: SLOT_USERS_FROM + block * SLOT_USERS, count: SLOT_USERS }
    return { id: UNUSED_FROM + counter * PROCESS_IDS + processId, own: true, slots }
  }
  // In a container with few ids: between the system's dynamic users and `nobody`.
  return { id: 60_600 + ((processId * 16 + counter) % 500), own: true, slots: null }
}

/** Who a slot is in the namespace of its zygote; 0 is the user of the sandbox. */
export function slotUser({ slots }: SandboxUser, slot: number): number {
  return slots === null ? 0 : 1 + (slot % slots.count)
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
