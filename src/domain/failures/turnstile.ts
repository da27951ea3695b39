/** Lets acts run side by side, or one of them alone: it waits for those under way, and holds back those that come later. */
export class Turnstile {
  #running = 0
  /** The acts that run alone, one after the other. */
  #alone: Promise<unknown> = Promise.resolve()
  #waiting = 0
  #idle: PromiseWithResolvers<void> | null = null

  async beside<Result>(act: () => Promise<Result>): Promise<Result> {
    while (this.#waiting > 0) await this.#alone
    this.#running += 1
    try {
      return await act()
    } finally {
      this.#running -= 1
      if (this.#running === 0) this.#idle?.resolve()
    }
  }

  async alone<Result>(act: () => Promise<Result>): Promise<Result> {
    this.#waiting += 1
    const turn = this.#alone.then(async () => {
      try {
        if (this.#running > 0) {
          this.#idle = Promise.withResolvers<void>()
          await this.#idle.promise
          this.#idle = null
        }
        return await act()
      } finally {
        this.#waiting -= 1
      }
    })
    // An act that failed is over, too: its error goes to who asked for it.
    this.#alone = turn.catch(() => undefined)
    return turn
  }
}

const TURNSTILES = new WeakMap<object, Turnstile>()

/** The one turnstile of a sandbox, whoever checks tools in it. */
export function turnstileOf(sandbox: object): Turnstile {
  const known = TURNSTILES.get(sandbox)
  if (known !== undefined) return known
  const turnstile = new Turnstile()
  TURNSTILES.set(sandbox, turnstile)
  return turnstile
}
