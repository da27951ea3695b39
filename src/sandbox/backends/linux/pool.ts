import { join } from 'node:path'
import { HandaxeError } from '../../../contracts/errors.ts'
import { DEFAULT_LIMITS, type Limits } from '../../../contracts/limits.ts'
import { startGeneration, type Generation, type Machine } from './generation.ts'
import type { Slot } from './slot.ts'
import type { SlotFactory } from './slot-factory.ts'
import type { GuestKind } from './zygote.ts'

/** A zygote's addresses are the same in all its children: a new one from time to time gives new ones. */
const EXECUTIONS_PER_GENERATION = 5_000
const GENERATION_MS = 60 * 60_000
/** So many slots in a row that do not become ready mean that the next will not either. */
const FAILURES_IN_A_ROW = 3
const READY_TIMEOUT_MS = 30_000

export interface PoolOptions {
  machine: Machine
  folder: string
  idle: Record<GuestKind, number>
  maxConcurrent: number
}

export interface Lease {
  slot: Slot
  factory: SlotFactory
}

/** Keeps warm slots ready, one execution each, and lets no more than `maxConcurrent` run at a time. */
export class SlotPool {
  readonly #options: PoolOptions
  readonly #idle: Record<GuestKind, Lease[]> = { python: [], javascript: [] }
  #generation: Promise<Generation> | null = null
  readonly #retiring = new Set<Promise<void>>()
  readonly #turns: (() => void)[] = []
  /** Slots that are being made for the pool. */
  readonly #coming: Record<GuestKind, number> = { python: 0, javascript: 0 }
  #running = 0
  #nextSlot = 1
  #nextGeneration = 1
  #isClosed = false

  constructor(options: PoolOptions) {
    this.#options = options
  }

  /** Starts the zygote and fills the pool; settles when the first zygote is warm. */
  async start(): Promise<Generation> {
    const generation = await this.#current()
    this.#refill()
    return generation
  }

  /** A slot that is ready, when it is this execution's turn. Every lease must be given back. */
  async acquire(guest: GuestKind, limits: Limits): Promise<Lease> {
    await this.#takeTurn()
    try {
      for (let failures = 0; ;) {
        const lease = await this.#take(guest, limits)
        try {
          await becomeReady(lease.slot)
          return lease
        } catch (error) {
          void lease.factory.destroy(lease.slot)
          if (this.#isClosed) throw closed()
          if (++failures >= FAILURES_IN_A_ROW) {
            throw new HandaxeError('sandbox_broken', `A sandbox did not get ready: ${(error as Error).message}`, {
              hint: 'Run `handaxe doctor`',
              cause: error,
            })
          }
        }
      }
    } catch (error) {
      this.#giveTurn()
      throw error
    }
  }

  /** Ends the slot in the background and makes a new one for the next execution. */
  release({ slot, factory }: Lease): void {
    void factory.destroy(slot)
    this.#giveTurn()
    this.#refill()
  }

  /** Lets nobody in any more; who waits is told. */
  refuse(): void {
    this.#isClosed = true
    for (const turn of this.#turns.splice(0)) turn()
  }

  async close(): Promise<void> {
    this.refuse()
    const generation = await this.#generation?.catch(() => null)
    await generation?.close()
    await Promise.allSettled(this.#retiring)
  }

  async #take(guest: GuestKind, limits: Limits): Promise<Lease> {
    const idle = this.#idle[guest]
    for (let index = 0; index < idle.length;) {
      const lease = idle[index] as Lease
      if (lease.slot.death !== null) {
        idle.splice(index, 1)
        void lease.factory.destroy(lease.slot)
      } else if (fits(lease.slot, limits)) {
        const ready = idle.findIndex(({ slot }) => slot.isReady && fits(slot, limits))
        return idle.splice(ready === -1 ? index : ready, 1)[0] as Lease
      } else index++
    }
    return this.#make(guest, limits)
  }

  async #make(guest: GuestKind, limits: Limits): Promise<Lease> {
    const generation = await this.#current()
    generation.executions++
    return { slot: await generation.factory.create(this.#nextSlot++, guest, limits), factory: generation.factory }
  }

  /** The zygote in use; a new one where it has died, is old or has served enough. */
  async #current(): Promise<Generation> {
    if (this.#isClosed) throw closed()
    this.#generation ??= this.#startGeneration()
    const generation = await this.#generation
    const isOld = performance.now() - generation.startedAt > GENERATION_MS
    if (isOld || generation.executions >= EXECUTIONS_PER_GENERATION) {
      this.#forget(generation)
      this.#retire(generation)
      return this.#current()
    }
    return generation
  }

  #startGeneration(): Promise<Generation> {
    const starting = startGeneration(
      this.#options.machine,
      join(this.#options.folder, `zygote-${this.#nextGeneration++}`),
    )
    void this.#watch(starting)
    return starting
  }

  /** Forgets a zygote that has not started or has died: the next execution starts another one. */
  async #watch(starting: Promise<Generation>): Promise<void> {
    const generation = await starting.catch(() => null)
    await generation?.factory.zygote.gone
    if (this.#isClosed || this.#generation !== starting) return
    this.#generation = null
    if (generation !== null) this.#retire(generation)
  }

  #forget(generation: Generation): void {
    this.#generation = null
    for (const guest of ['python', 'javascript'] as const) {
      const [old, kept] = [[] as Lease[], [] as Lease[]]
      for (const lease of this.#idle[guest]) (lease.factory === generation.factory ? old : kept).push(lease)
      this.#idle[guest] = kept
      for (const lease of old) void lease.factory.destroy(lease.slot)
    }
  }

  /** Closes a generation when its last execution has ended. */
  #retire(generation: Generation): void {
    const { slots } = generation.factory
    const retiring = Promise.allSettled([...slots.values()].map(({ died }) => died)).then(() => generation.close())
    this.#retiring.add(retiring)
    void retiring.finally(() => this.#retiring.delete(retiring))
  }

  #refill(): void {
    if (this.#isClosed) return
    for (const guest of ['python', 'javascript'] as const) {
      const missing = this.#options.idle[guest] - this.#idle[guest].length - this.#coming[guest]
      for (let count = 0; count < missing; count++) void this.#addIdle(guest)
    }
  }

  async #addIdle(guest: GuestKind): Promise<void> {
    this.#coming[guest]++
    try {
      const lease = await this.#make(guest, { ...DEFAULT_LIMITS })
      if (this.#isClosed) return void lease.factory.destroy(lease.slot)
      this.#idle[guest].push(lease)
    } catch {
      // The next execution tries again, and tells its caller what is wrong.
    } finally {
      this.#coming[guest]--
    }
  }

  #takeTurn(): Promise<void> {
    if (this.#isClosed) throw closed()
    if (this.#running < this.#options.maxConcurrent) {
      this.#running++
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      this.#turns.push(() => (this.#isClosed ? reject(closed()) : resolve()))
    })
  }

  #giveTurn(): void {
    const next = this.#turns.shift()
    if (next === undefined) this.#running--
    else next()
  }
}

/** What cannot be changed at the hand-over must be as asked for; memory and time are the host's to set. */
function fits({ limits: own, group, guest }: Slot, wanted: Limits): boolean {
  // V8 is told the size of its heap when it starts, and without a cgroup memory is bounded by rlimits.
  const canSetMemory = group !== null && group.canSetMemory && guest === 'python'
  return (
    own.temporaryBytes === wanted.temporaryBytes &&
    own.artifactBytes === wanted.artifactBytes &&
    own.artifactCount >= wanted.artifactCount &&
    own.processes === wanted.processes &&
    own.openFiles === wanted.openFiles &&
    (canSetMemory || own.memoryBytes === wanted.memoryBytes) &&
    own.cpuMs >= wanted.cpuMs
  )
}

async function becomeReady(slot: Slot): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('not ready after 30 s')), READY_TIMEOUT_MS)
  })
  try {
    await Promise.race([slot.ready, late])
  } finally {
    clearTimeout(timer)
  }
}

function closed(): HandaxeError {
  return new HandaxeError('sandbox_broken', 'The sandbox is closed', { hint: 'Open another one with `openSandbox`' })
}
