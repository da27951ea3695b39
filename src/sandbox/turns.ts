import { closed } from './not-started.ts'

/** Lets no more than `most` in at a time. Who comes later waits, in order. */
export class Turns {
  readonly #most: number
  readonly #waiting: (() => void)[] = []
  #taken = 0
  #isClosed = false

  constructor(most: number) {
    this.#most = most
  }

  /** How many are in. */
  get taken(): number {
    return this.#taken
  }

  /** A turn where nobody has to be waited for. */
  takeNow(): boolean {
    if (this.#isClosed || this.#taken >= this.#most) return false
    this.#taken++
    return true
  }

  /** Every turn must be given back. Rejects with `sandbox_broken` once it is closed. */
  async take(): Promise<void> {
    if (this.#isClosed) throw closed()
    if (this.takeNow()) return
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push(() => (this.#isClosed ? reject(closed()) : resolve()))
    })
  }

  give(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#taken--
    else next()
  }

  /** Lets nobody in any more; who waits is told. */
  close(): void {
    this.#isClosed = true
    for (const tell of this.#waiting.splice(0)) tell()
  }
}
