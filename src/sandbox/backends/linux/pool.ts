import type { Environment } from '../../../contracts/environment.ts'
import { HandaxeError } from '../../../contracts/errors.ts'
import { DEFAULT_LIMITS, type Limits } from '../../../contracts/limits.ts'
import { EnvironmentZygotes } from './environment-zygotes.ts'
import type { Generation, Machine } from './generation.ts'
import { Generations, type Lease } from './generations.ts'
import type { Slot } from './slot.ts'
import type { GuestKind } from './zygote.ts'
import type { GuestNetwork } from '../../egress/execution-proxy.ts'
import { becomeReady } from '../../become-ready.ts'
import { closed } from '../../not-started.ts'
import { Turns } from '../../turns.ts'

/** So many slots in a row that do not become ready mean that the next will not either. */
const FAILURES_IN_A_ROW = 3
const READY_TIMEOUT_MS = 30_000

/** What slots are kept ready for: `science` is Python that imports matplotlib or scipy. */
export type Line = 'python' | 'science' | 'javascript'
const LINES: readonly Line[] = ['python', 'science', 'javascript']

export interface PoolOptions {
  machine: Machine
  folder: string
  idle: Record<GuestKind, number>
  maxConcurrent: number
  /** A zygote's addresses are the same in all its children: a new one from time to time gives new ones. */
  executionsPerZygote: number
}

/** What no idle slot has. */
export interface OwnSlot {
  network: GuestNetwork | null
  environment: Environment | null
}

/** Keeps warm slots ready, one execution each, and lets no more than `maxConcurrent` run at a time. */
export class SlotPool {
  readonly #options: PoolOptions
  readonly #idle: Record<Line, Lease[]> = { python: [], science: [], javascript: [] }
  readonly #tables: Generations
  readonly #science: Generations
  readonly #environments: EnvironmentZygotes
  readonly #turns: Turns
  /** Slots that are being made for the pool. */
  readonly #coming: Record<Line, number> = { python: 0, science: 0, javascript: 0 }
  #nextSlot = 1
  #isClosed = false

  constructor(options: PoolOptions) {
    this.#options = options
    this.#turns = new Turns(options.maxConcurrent)
    const { machine, folder, executionsPerZygote } = options
    const shared = { machine, folder, executionsPerZygote, environment: null }
    this.#tables = new Generations({ ...shared, preparation: 'tables' })
    this.#science = new Generations({ ...shared, preparation: 'science' })
    this.#environments = new EnvironmentZygotes({ machine, folder, executionsPerZygote })
    for (const generations of [this.#tables, this.#science]) generations.onRetired = (one) => this.#forget(one)
  }

  /** Starts the zygote and fills the pool; settles when the first zygote is warm. */
  async start(): Promise<Generation> {
    const generation = await this.#tables.current()
    this.#refill()
    return generation
  }

  /** A slot that is ready, where one waits and it is this execution's turn: nothing has to be awaited then. */
  acquireNow(line: Line, limits: Limits): Lease | null {
    const idle = this.#idle[line]
    const ready = findReady(idle, limits)
    if (ready === -1 || !this.#turns.takeNow()) return null
    return idle.splice(ready, 1)[0] as Lease
  }

  /**
   * A slot that is ready, when it is this execution's turn: a new one where it has a network or an environment. Every
   * lease must be given back.
   */
  async acquire(asked: Line, limits: Limits, own: OwnSlot | null = null): Promise<Lease> {
    await this.#turns.take()
    const line = this.#serve(asked)
    try {
      for (let failures = 0; ;) {
        const lease = await (own === null ? this.#take(line, limits) : this.#make(line, limits, own))
        try {
          await becomeReady(lease.slot.ready, READY_TIMEOUT_MS)
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
      this.#turns.give()
      throw error
    }
  }

  /** Ends the slot in the background and makes a new one for the next execution; both after the caller has its result. */
  release({ slot, factory }: Lease): void {
    setImmediate(() => {
      void factory.destroy(slot)
      this.#turns.give()
      this.#refill()
    })
  }

  /** Lets nobody in any more; who waits is told. */
  refuse(): void {
    this.#isClosed = true
    this.#turns.close()
  }

  async close(): Promise<void> {
    this.refuse()
    await Promise.all([this.#tables.close(), this.#science.close(), this.#environments.close()])
  }

  async #take(line: Line, limits: Limits): Promise<Lease> {
    const idle = this.#idle[line]
    for (let index = 0; index < idle.length;) {
      const lease = idle[index] as Lease
      if (lease.slot.death !== null) {
        idle.splice(index, 1)
        void lease.factory.destroy(lease.slot)
      } else if (fits(lease.slot, limits)) {
        const ready = findReady(idle, limits)
        return idle.splice(ready === -1 ? index : ready, 1)[0] as Lease
      } else index++
    }
    return this.#make(line, limits)
  }

  /** The first program for the second zygote starts it, and is served by the first one, which takes no longer. */
  #serve(line: Line): Line {
    if (line !== 'science' || this.#science.isUp) return line
    void this.#science.current().then(
      () => this.#refill(),
      () => {},
    )
    return 'python'
  }

  async #make(line: Line, limits: Limits, own: OwnSlot | null = null): Promise<Lease> {
    if (this.#isClosed) throw closed()
    const shared = line === 'science' ? this.#science : this.#tables
    const environment = own?.environment ?? null
    const generations = environment === null ? shared : this.#environments.get(environment)
    const guest = line === 'javascript' ? 'javascript' : 'python'
    // While others run and none is ready, somebody waits or soon will. A program that touches itself what it needs
    // takes a quarter less of the processors than a warm-up for all that it might need.
    const warm = this.#turns.taken === 0 || this.#idle[line].some(({ slot }) => slot.isReady)
    return generations.createSlot(this.#nextSlot++, { guest, limits, warm, network: own?.network ?? null })
  }

  #forget({ factory }: Generation): void {
    for (const line of LINES) {
      const old = this.#idle[line].filter((lease) => lease.factory === factory)
      this.#idle[line] = this.#idle[line].filter((lease) => lease.factory !== factory)
      for (const lease of old) void factory.destroy(lease.slot)
    }
  }

  #refill(): void {
    if (this.#isClosed) return
    const { python, javascript } = this.#options.idle
    const wanted = { python, science: this.#science.isUp ? Math.min(1, python) : 0, javascript }
    for (const line of LINES) {
      const missing = wanted[line] - this.#idle[line].length - this.#coming[line]
      for (let count = 0; count < missing; count++) void this.#addIdle(line)
    }
  }

  async #addIdle(line: Line): Promise<void> {
    this.#coming[line]++
    try {
      const lease = await this.#make(line, { ...DEFAULT_LIMITS })
      if (this.#isClosed || lease.factory.isRetired) return void lease.factory.destroy(lease.slot)
      this.#idle[line].push(lease)
    } catch {
      // The next execution tries again, and tells its caller what is wrong.
    } finally {
      this.#coming[line]--
    }
  }
}

function findReady(idle: Lease[], limits: Limits): number {
  return idle.findIndex(({ slot }) => slot.isReady && fits(slot, limits))
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
