import type { HandaxeError } from '../../contracts/errors.ts'
import type { AdmittedAttempt, AttemptEstimate, AttemptMeter, ModelId, Spending } from '../../contracts/models.ts'
import { addSpending } from '../../util/spending.ts'
import type { Reservation } from './fit-attempt.ts'

/** The budget that an account pays from, as `BudgetMeter` says it. */
export interface Purse {
  reserve(estimate: AttemptEstimate): Reservation | { wait: Promise<void> }
  settle(reservation: Reservation, spending: Spending | null): void
  count(spending: Spending): void
  uncountCall(): void
  errorOf(limit: 'tokens' | 'costUsd'): HandaxeError
}

/** Pays the attempts of one call out of a run's budget. */
export class CallAccount implements AttemptMeter {
  readonly #meter: Purse
  readonly #signal: AbortSignal | undefined
  readonly #waits: boolean
  readonly #open = new Set<Reservation>()
  #attempts = 0
  #lastModel = ''
  #spending: Spending | null = null
  #limitedBy: Reservation['limitedBy'] = null
  #ended = false

  constructor(meter: Purse, { signal, waits }: { signal?: AbortSignal; waits: boolean }) {
    this.#meter = meter
    this.#signal = signal
    this.#waits = waits
  }

  /** How many began. */
  get attempts(): number {
    return this.#attempts
  }

  get lastModel(): ModelId {
    return this.#lastModel
  }

  /** The bound that let the last attempt ask for less than it wanted; null for none. */
  get limitedBy(): Reservation['limitedBy'] {
    return this.#limitedBy
  }

  async begin(estimate: AttemptEstimate): Promise<AdmittedAttempt> {
    const reservation = await this.#reserve(estimate)
    this.#open.add(reservation)
    this.#attempts += 1
    this.#lastModel = estimate.model
    this.#limitedBy = reservation.limitedBy
    const { maxOutputTokens } = reservation
    return { maxOutputTokens, end: (spending) => this.#settle(reservation, spending) }
  }

  async #reserve(estimate: AttemptEstimate): Promise<Reservation> {
    for (;;) {
      this.#signal?.throwIfAborted()
      if (this.#ended) throw new Error('The call has ended')
      const outcome = this.#meter.reserve(estimate)
      if (!('wait' in outcome)) return outcome
      if (!this.#waits) throw this.#meter.errorOf('tokens')
      await this.#untilReleased(outcome.wait)
    }
  }

  async #untilReleased(released: Promise<void>): Promise<void> {
    const aborted = Promise.withResolvers<void>()
    const wake = (): void => aborted.resolve()
    this.#signal?.addEventListener('abort', wake, { once: true })
    try {
      await Promise.race([released, aborted.promise])
    } finally {
      this.#signal?.removeEventListener('abort', wake)
    }
  }

  /** Counts an attempt that was made without asking. */
  countUnasked(model: ModelId, spending: Spending): void {
    this.#attempts += 1
    this.#lastModel = model
    this.#meter.count(spending)
    this.#spending = addSpending(this.#spending, spending)
  }

  /**
   * Ends the call and gives what it used; null for nothing. An attempt that nobody told the end of, because the run was
   * aborted beside it, is counted by its prompt. A call of which no attempt began is none.
   */
  end(): Spending | null {
    if (this.#ended) return this.#spending
    this.#ended = true
    for (const reservation of this.#open) this.#settle(reservation, estimatePrompt(reservation.estimate))
    if (this.#attempts === 0) this.#meter.uncountCall()
    return this.#spending
  }

  #settle(reservation: Reservation, spending: Spending | null): void {
    // What comes after the call has ended was counted then.
    if (!this.#open.delete(reservation)) return
    this.#meter.settle(reservation, spending)
    this.#spending = addSpending(this.#spending, spending)
  }
}

/** The least that a provider bills for a request that it took. */
export function estimatePrompt({ inputTokens, costOf }: AttemptEstimate): Spending {
  const counts = { inputTokens, outputTokens: 0 }
  return { usage: { ...counts, cachedInputTokens: 0, reasoningTokens: 0, reported: false }, costUsd: costOf(counts) }
}
