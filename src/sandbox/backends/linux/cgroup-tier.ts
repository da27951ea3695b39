import type { Limits } from '../../../contracts/limits.ts'

/** The bounds of one slot, and what it has used of them. Reads are of kernel files: some 10 µs each. */
export interface SlotGroup {
  /** False where the limit was fixed when the slot was made. */
  readonly canSetMemory: boolean
  setMemory(bytes: number): void
  cpuMs(): number
  peakMemoryBytes(): number
  outOfMemoryKills(): number
  /** Only where the kernel does not bound the sum: what all processes use now, exact where it is above `limit`. */
  memoryBytes?(limit: number): number
  /** Waits for the last process to be gone. */
  remove(): Promise<void>
}

/** What a command is started through, as its first arguments, and the environment of that. */
export interface Launcher {
  command: string
  args: string[]
  environment: Record<string, string>
}

export interface CgroupTier {
  readonly version: 1 | 2
  /** Name of the systemd unit whose groups these are; null where handaxe made them itself. */
  readonly manager: string | null
  /** The instance's folder in each hierarchy, by the name under which the zygote sees it. */
  readonly folders: { name: string; path: string }[]
  /** The group that a zygote started by root has to enter before it gives up root; null where it needs none. */
  readonly zygoteGroup: string | null
  /** What brings a zygote to where its children can be moved from; null where it can start anywhere. */
  readonly launcher: Launcher | null
  /** Before a zygote starts: makes again what somebody else has ended. Rejects with `sandbox_unavailable`. */
  prepare(): Promise<void>
  createSlot(slot: number, limits: Limits, userId: number): SlotGroup
  remove(): Promise<void>
}

/** Why there is no tier: a clause that follows “because”, and what to do about it. */
export interface NoCgroups {
  tier: null
  reason: string
  remedy: string
}
