import { join } from 'node:path'
import type { Environment } from '../../../contracts/environment.ts'
import { startGeneration, type Generation, type Machine, type Preparation } from './generation.ts'

/** A zygote's addresses are the same in all its children: a new one from time to time gives new ones. */
const EXECUTIONS_PER_GENERATION = 5_000
const GENERATION_MS = 60 * 60_000
let started = 0

/** The zygotes of one kind, of which one is in use: replaced when it has died, is old or has served enough. */
export class Generations {
  readonly preparation: Preparation
  /** Called with one that is not used any more, before it is closed. */
  onRetired: (generation: Generation) => void = () => {}

  readonly #machine: Machine
  readonly #folder: string
  readonly #environment: Environment | null
  #current: Promise<Generation> | null = null
  readonly #retiring = new Set<Promise<void>>()
  #isClosed = false
  #isUp = false

  constructor(machine: Machine, folder: string, preparation: Preparation, environment: Environment | null = null) {
    this.#machine = machine
    this.#folder = folder
    this.preparation = preparation
    this.#environment = environment
  }

  /** True where the next slot would not have to wait for a zygote to start. */
  get isUp(): boolean {
    return this.#isUp
  }

  /** The one in use. Rejects with `sandbox_unavailable` where none starts; the next call tries again. */
  async current(): Promise<Generation> {
    this.#current ??= this.#start()
    const generation = await this.#current
    const isOld = performance.now() - generation.startedAt > GENERATION_MS
    if (isOld || generation.executions >= EXECUTIONS_PER_GENERATION) {
      this.#current = null
      this.#isUp = false
      this.#retire(generation)
      return this.current()
    }
    return generation
  }

  /** Lets what is under way come to its end, then closes. */
  async retire(): Promise<void> {
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
    const folder = join(this.#folder, `zygote-${++started}`)
    const starting = startGeneration(this.#machine, folder, this.preparation, this.#environment)
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
    this.onRetired(generation)
    const { slots } = generation.factory
    const retiring = Promise.allSettled(Array.from(slots.values(), ({ died }) => died)).then(() => generation.close())
    this.#retiring.add(retiring)
    // As with a slot: what it could not remove, the next start removes.
    retiring.finally(() => this.#retiring.delete(retiring)).catch(() => {})
  }
}
