import type { HandaxeError } from '../../contracts/errors.ts'
import { DEFAULT_LIMITS, type Limits } from '../../contracts/limits.ts'
import type { GuestKind } from './relay-messages.ts'
import type { OwnParts } from './relayed-guest.ts'
import { becomeReady } from '../become-ready.ts'
import { closed } from '../not-started.ts'
import { Turns } from '../turns.ts'

/** So many guests in a row that do not become ready mean that the next will not either. */
const FAILURES_IN_A_ROW = 2
const READY_TIMEOUT_MS = 60_000
const GUESTS = ['python', 'javascript'] as const

/** What runs one execution: a container, or a slot in the cloud. */
export interface PooledGuest {
  readonly isClosed: boolean
  /** Rejects with why it did not become ready. */
  readonly ready: Promise<void>
}

export interface WarmPoolOptions<Guest extends PooledGuest> {
  factory: {
    /** Starts a guest; its `ready` settles when it is warm. */
    create(guest: GuestKind, limits: Limits, own: OwnParts | null): Promise<Guest>
    /** Does not have to be awaited; `close` waits. Safe to call twice. */
    destroy(guest: Guest): Promise<void>
    close(): Promise<void>
  }
  idle: Record<GuestKind, number>
  maxConcurrent: number
  /** What the caller is told where guests do not become ready. */
  describeFailure(error: Error): HandaxeError
}

/** A guest that nobody has asked for yet: ready, or on its way there. */
interface Warm<Guest> {
  limits: Limits
  making: Promise<Guest>
  guest: Guest | null
}

/** Keeps started guests warm, one execution each, and lets no more than `maxConcurrent` run at a time. */
export class WarmPool<Guest extends PooledGuest> {
  readonly #options: WarmPoolOptions<Guest>
  readonly #idle: Record<GuestKind, Warm<Guest>[]> = { python: [], javascript: [] }
  /** Guests that are being started: `close` waits for them. */
  readonly #coming = new Set<Promise<unknown>>()
  /** Limits are fixed when a guest starts: these are what idle ones are made for. */
  readonly #limits: Record<GuestKind, Limits> = { python: { ...DEFAULT_LIMITS }, javascript: { ...DEFAULT_LIMITS } }
  /** Others that were asked for last. */
  readonly #unusual: Record<GuestKind, Limits | null> = { python: null, javascript: null }
  readonly #turns: Turns
  #isClosed = false

  constructor(options: WarmPoolOptions<Guest>) {
    this.#options = options
    this.#turns = new Turns(options.maxConcurrent)
  }

  /** Begins to fill the pool; settles when a first guest of Python is warm, which proves that it can be done. */
  async start(limits: Limits): Promise<void> {
    this.#limits.python = this.#limits.javascript = limits
    const first = this.#addIdle('python')
    this.#refill()
    await first.making
  }

  /** A guest that is ready, when it is this execution's turn. Every one must be given back. */
  async acquire(guest: GuestKind, limits: Limits, own: OwnParts | null = null): Promise<Guest> {
    await this.#turns.take()
    try {
      if (own !== null) return await this.#make(guest, limits, own)
      this.#learn(guest, limits)
      const idle = this.#takeIdle(guest, limits)
      return await (idle === null ? this.#make(guest, limits, null) : idle.making)
    } catch (error) {
      this.#turns.give()
      throw error
    }
  }

  /** Removes the guest in the background and starts a new one for the next execution. */
  release(guest: Guest): void {
    void this.#options.factory.destroy(guest)
    this.#turns.give()
    this.#refill()
  }

  /** Lets nobody in any more; who waits is told. */
  refuse(): void {
    this.#isClosed = true
    this.#turns.close()
  }

  async close(): Promise<void> {
    this.refuse()
    await Promise.allSettled(this.#coming)
    await this.#options.factory.close()
  }

  /** Whoever asks for other limits twice will go on to do so. */
  #learn(guest: GuestKind, limits: Limits): void {
    const unusual = this.#unusual[guest]
    const isUsual = fits(this.#limits[guest], limits)
    if (!isUsual && unusual !== null && fits(unusual, limits)) this.#limits[guest] = limits
    this.#unusual[guest] = isUsual ? null : limits
  }

  /** The one that is ready, else one that will be so sooner than a new one. */
  #takeIdle(kind: GuestKind, limits: Limits): Warm<Guest> | null {
    for (const warm of this.#idle[kind].filter(({ guest }) => guest?.isClosed)) this.#discard(kind, warm)
    const fitting = this.#idle[kind].filter((warm) => fits(warm.limits, limits))
    const found = fitting.find(({ guest }) => guest !== null) ?? fitting[0]
    if (found === undefined) return null
    this.#forget(kind, found)
    return found
  }

  #discard(kind: GuestKind, warm: Warm<Guest>): void {
    this.#forget(kind, warm)
    warm.making.then(
      (guest) => this.#options.factory.destroy(guest),
      () => {},
    )
  }

  #forget(kind: GuestKind, warm: Warm<Guest>): void {
    const place = this.#idle[kind].indexOf(warm)
    if (place !== -1) this.#idle[kind].splice(place, 1)
  }

  #make(kind: GuestKind, limits: Limits, own: OwnParts | null): Promise<Guest> {
    const making = this.#makeReady(kind, limits, own)
    this.#coming.add(making)
    const forget = () => void this.#coming.delete(making)
    making.then(forget, forget)
    return making
  }

  async #makeReady(kind: GuestKind, limits: Limits, own: OwnParts | null): Promise<Guest> {
    for (let failures = 0; ;) {
      if (this.#isClosed) throw closed()
      const guest = await this.#options.factory.create(kind, limits, own)
      try {
        await becomeReady(guest.ready, READY_TIMEOUT_MS)
        if (this.#isClosed) throw closed()
        return guest
      } catch (error) {
        void this.#options.factory.destroy(guest)
        if (this.#isClosed) throw closed()
        if (++failures >= FAILURES_IN_A_ROW) throw this.#options.describeFailure(error as Error)
      }
    }
  }

  #refill(): void {
    for (const kind of GUESTS) {
      const misfits = this.#idle[kind].filter(({ limits }) => !fits(limits, this.#limits[kind]))
      for (const warm of misfits) this.#discard(kind, warm)
      while (!this.#isClosed && this.#idle[kind].length < this.#options.idle[kind]) this.#addIdle(kind)
    }
  }

  #addIdle(kind: GuestKind): Warm<Guest> {
    const limits = this.#limits[kind]
    const warm: Warm<Guest> = { limits, making: this.#make(kind, limits, null), guest: null }
    this.#idle[kind].push(warm)
    warm.making.then(
      (guest) => void (warm.guest = guest),
      // The next execution starts another one, and tells its caller what is wrong.
      () => this.#forget(kind, warm),
    )
    return warm
  }
}

/** What was set at the start must be as asked for; time and output are the host's to set. */
function fits(own: Limits, wanted: Limits): boolean {
  return (
    own.memoryBytes === wanted.memoryBytes &&
    own.temporaryBytes === wanted.temporaryBytes &&
    own.artifactBytes === wanted.artifactBytes &&
    own.artifactCount >= wanted.artifactCount &&
    own.processes === wanted.processes &&
    own.openFiles === wanted.openFiles &&
    own.cpuMs >= wanted.cpuMs
  )
}
