import { HandaxeError } from '../../../contracts/errors.ts'
import { DEFAULT_LIMITS, type Limits } from '../../../contracts/limits.ts'
import type { ContainerFactory } from './container-factory.ts'
import type { GuestKind } from './container-options.ts'
import type { Container } from './container.ts'

/** So many containers in a row that do not become ready mean that the next will not either. */
const FAILURES_IN_A_ROW = 2
const READY_TIMEOUT_MS = 60_000
const GUESTS = ['python', 'javascript'] as const

export interface ContainerPoolOptions {
  factory: ContainerFactory
  idle: Record<GuestKind, number>
  maxConcurrent: number
}

/** A container that nobody has asked for yet: ready, or on its way there. */
interface Warm {
  limits: Limits
  making: Promise<Container>
  container: Container | null
}

/** Keeps started containers warm, one execution each, and lets no more than `maxConcurrent` run at a time. */
export class ContainerPool {
  readonly #options: ContainerPoolOptions
  readonly #idle: Record<GuestKind, Warm[]> = { python: [], javascript: [] }
  /** Containers that are being started: `close` waits for them. */
  readonly #coming = new Set<Promise<unknown>>()
  /** Limits are fixed when a container starts: these are what idle ones are made for. */
  readonly #limits: Record<GuestKind, Limits> = { python: { ...DEFAULT_LIMITS }, javascript: { ...DEFAULT_LIMITS } }
  /** Others that were asked for last. */
  readonly #unusual: Record<GuestKind, Limits | null> = { python: null, javascript: null }
  readonly #turns: (() => void)[] = []
  #running = 0
  #isClosed = false

  constructor(options: ContainerPoolOptions) {
    this.#options = options
  }

  /** Begins to fill the pool; settles when a first container of Python is warm, which proves that the engine can do it. */
  async start(limits: Limits): Promise<void> {
    this.#limits.python = this.#limits.javascript = limits
    const first = this.#addIdle('python')
    this.#refill()
    await first.making
  }

  /** A container that is ready, when it is this execution's turn. Every one must be given back. */
  async acquire(guest: GuestKind, limits: Limits): Promise<Container> {
    await this.#takeTurn()
    try {
      this.#learn(guest, limits)
      const idle = this.#takeIdle(guest, limits)
      return await (idle === null ? this.#makeReady(guest, limits) : idle.making)
    } catch (error) {
      this.#giveTurn()
      throw error
    }
  }

  /** Removes the container in the background and starts a new one for the next execution. */
  release(container: Container): void {
    void this.#options.factory.destroy(container)
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
  #takeIdle(guest: GuestKind, limits: Limits): Warm | null {
    for (const warm of this.#idle[guest].filter(({ container }) => container?.isClosed)) this.#discard(guest, warm)
    const fitting = this.#idle[guest].filter((warm) => fits(warm.limits, limits))
    const found = fitting.find(({ container }) => container !== null) ?? fitting[0]
    if (found === undefined) return null
    this.#forget(guest, found)
    return found
  }

  #discard(guest: GuestKind, warm: Warm): void {
    this.#forget(guest, warm)
    warm.making.then(
      (container) => this.#options.factory.destroy(container),
      () => {},
    )
  }

  #forget(guest: GuestKind, warm: Warm): void {
    const place = this.#idle[guest].indexOf(warm)
    if (place !== -1) this.#idle[guest].splice(place, 1)
  }

  async #makeReady(guest: GuestKind, limits: Limits): Promise<Container> {
    for (let failures = 0; ;) {
      if (this.#isClosed) throw closed()
      const container = await this.#options.factory.create(guest, limits)
      try {
        await becomeReady(container)
        if (this.#isClosed) throw closed()
        return container
      } catch (error) {
        void this.#options.factory.destroy(container)
        if (this.#isClosed) throw closed()
        if (++failures >= FAILURES_IN_A_ROW) {
          throw new HandaxeError('sandbox_broken', `A container did not get ready: ${(error as Error).message}`, {
            hint: 'Build the image again with `handaxe setup --docker`, then run `handaxe doctor`',
            cause: error,
          })
        }
      }
    }
  }

  #refill(): void {
    for (const guest of GUESTS) {
      const misfits = this.#idle[guest].filter(({ limits }) => !fits(limits, this.#limits[guest]))
      for (const warm of misfits) this.#discard(guest, warm)
      while (!this.#isClosed && this.#idle[guest].length < this.#options.idle[guest]) this.#addIdle(guest)
    }
  }

  #addIdle(guest: GuestKind): Warm {
    const limits = this.#limits[guest]
    const warm: Warm = { limits, making: this.#makeReady(guest, limits), container: null }
    this.#idle[guest].push(warm)
    this.#coming.add(warm.making)
    warm.making
      .then(
        (container) => void (warm.container = container),
        // The next execution starts another one, and tells its caller what is wrong.
        () => this.#forget(guest, warm),
      )
      .finally(() => this.#coming.delete(warm.making))
    return warm
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

/** What the engine was told at the start must be as asked for; time and output are the host's to set. */
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

async function becomeReady(container: Container): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not ready after ${READY_TIMEOUT_MS} ms`)), READY_TIMEOUT_MS)
  })
  try {
    await Promise.race([container.ready, late])
  } finally {
    clearTimeout(timer)
  }
}

function closed(): HandaxeError {
  return new HandaxeError('sandbox_broken', 'The sandbox is closed', { hint: 'Open another one with `openSandbox`' })
}
