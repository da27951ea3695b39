import { join } from 'node:path'
import type { Environment } from '../../../contracts/environment.ts'
import { closed } from '../../not-started.ts'
import { startGeneration, type Generation, type Machine, type Preparation } from './generation.ts'
import type { SlotFactory, WantedSlot } from './slot-factory.ts'
import type { Slot } from './slot.ts'

const GENERATION_MS = 60 * 60_000
let started = 0

export interface GenerationsOptions {
  machine: Machine
  folder: string
  preparation: Preparation
  environment: Environment | null
  /** See `SandboxOptions`. */
  executionsPerZygote: number
}

/** A slot for one execution, with whom it is given back to. */
export interface Lease {
  slot: Slot
  factory: SlotFactory
}

/** The zygotes of one kind, of which one is in use: replaced when it has died, is old or has served enough. */
export class Generations {
  /** Called with one that is not used any more, before it is closed. */
  onRetired: (generation: Generation) => void = () => {}

  readonly #options: GenerationsOptions
  #current: Promise<Generation> | null = null
  readonly #retiring = new Set<Promise<void>>()
  readonly #asking = new Set<Promise<Lease>>()
  #isClosed = false
  #isUp = false

  constructor(options: GenerationsOptions) {
    this.#options = options
  }

  /** True where the next slot would not have to wait for a zygote to start. */
  get isUp(): boolean {
    return this.#isUp
  }

  /** The one in use. Rejects with `sandbox_unavailable` where none starts; the next call tries again. */
  async current(): Promise<Generation> {
    const asked = (this.#current ??= this.#start())
    const generation = await asked
    const isOld = performance.now() - generation.startedAt > GENERATION_MS
    if (!isOld && generation.executions < this.#options.executionsPerZygote) return generation
    // Unless somebody who came at the same time has done so.
    if (this.#current === asked) {
      this.#current = null
      this.#isUp = false
      this.#retire(generation)
    }
    return this.current()
  }

  /**
   * A new slot, of the one in use at this moment: from here on it is one of those that a retired one waits for. Rejects
   * as `current` does, and with `sandbox_broken` once this is closed.
   */
  async createSlot(id: number, wanted: WantedSlot): Promise<Lease> {
    const asking = this.#createSlot(id, wanted)
    this.#asking.add(asking)
    try {
      return await asking
    } finally {
      this.#asking.delete(asking)
    }
  }

  async #createSlot(id: number, wanted: WantedSlot): Promise<Lease> {
    const generation = await this.current()
    if (this.#isClosed) throw closed()
    const { factory } = generation
    // Another caller may have retired it since it was given.
    if (factory.isRetired) return this.#createSlot(id, wanted)
    generation.executions++
    const creating = factory.create(id, wanted)
    generation.creating.add(creating)
    try {
      return { slot: await creating, factory }
    } finally {
      generation.creating.delete(creating)
    }
  }

  /** Lets what is under way come to its end, then closes. */
  async retire(): Promise<void> {
    // Who has asked already gets a slot.
    await Promise.allSettled(this.#asking)
    const generation = await this.#current?.catch(() => null)
    this.#current = null
    this.#isClosed = true
    if (generation !== null && generation !== undefined) this.#retire(generation)
    await Promise.allSettled(this.#retiring)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const generation = await this.#current?.catch(() => null)
    await generation?.close()
    await Promise.allSettled(this.#retiring)
  }

  #start(): Promise<Generation> {
    const { machine, preparation, environment } = this.#options
    const folder = join(this.#options.folder, `zygote-${++started}`)
    const starting = startGeneration(machine, folder, preparation, environment)
    void this.#watch(starting)
    return starting
  }

  /** Forgets a zygote that has not started or has died: the next execution starts another one. */
  async #watch(starting: Promise<Generation>): Promise<void> {
    const generation = await starting.catch(() => null)
    if (generation !== null && this.#current === starting) this.#isUp = true
    await generation?.factory.zygote.gone
    if (this.#isClosed || this.#current !== starting) return
    this.#current = null
    this.#isUp = false
    if (generation !== null) this.#retire(generation)
  }

  /** Closes a generation when its last execution has ended. */
  #retire(generation: Generation): void {
    generation.factory.isRetired = true
    this.onRetired(generation)
    const retiring = untilUnused(generation).then(() => generation.close())
    this.#retiring.add(retiring)
    // As with a slot: what it could not remove, the next start removes.
    retiring.finally(() => this.#retiring.delete(retiring)).catch(() => {})
  }
}

/**
 * A slot that is still being made is not among the others yet, and one whose process has ended may still be read from:
 * closing would end either in the middle of its execution.
 */
async function untilUnused({ creating, factory }: Generation): Promise<void> {
  while (creating.size > 0 || factory.slots.size > 0) {
    await Promise.allSettled(creating)
    await factory.emptied()
  }
}
