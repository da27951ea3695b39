import { HandaxeError, type ErrorCode } from '../../contracts/errors.ts'
import type { Budget } from '../../contracts/limits.ts'
import type { AttemptEstimate, Spending } from '../../contracts/models.ts'
import type { RunUsage } from '../../contracts/run.ts'
import { CallAccount, type Purse } from './call-account.ts'
import { fitAttempt, type Reservation } from './fit-attempt.ts'

export type Limit = keyof Budget

/** A person who is told at four fifths can still step in. */
const WARN_SHARE = 0.8

const BOUNDS: Readonly<Record<Limit, { code: ErrorCode; unit: string; option: string }>> = {
  modelCalls: { code: 'budget_calls', unit: 'model calls', option: 'budget.modelCalls (--max-calls)' },
  tokens: { code: 'budget_tokens', unit: 'tokens', option: 'budget.tokens (--max-tokens)' },
  costUsd: { code: 'budget_cost', unit: 'US dollars', option: 'budget.costUsd (--max-cost-usd)' },
  wallMs: { code: 'budget_time', unit: 'milliseconds', option: 'budget.wallMs (--timeout-ms)' },
  executions: { code: 'budget_executions', unit: 'executions', option: 'budget.executions' },
}

export type BudgetWarning = { limit: Limit; used: number; allowed: number }

/**
 * Counts what a run uses and refuses what would go beyond its budget. Calls and executions are counted as they begin;
 * executions are those of model-written code, not of the agent's own programs that read files and signatures. Tokens and
 * cost are set aside before each attempt of a call and settled after it, whatever came of the attempt, so that steps running
 * at the same time cannot pass a bound together. What an attempt used beyond that (its prompt was longer than
 * estimated, its price not known) is counted too, and nothing begins after it.
 */
export class BudgetMeter implements Purse {
  readonly allowed: Budget
  readonly startedAt: number
  readonly #clock: () => number
  readonly #warn: (warning: BudgetWarning) => void
  readonly #warned = new Set<Limit>()
  #calls = 0
  #inputTokens = 0
  #outputTokens = 0
  #costUsd = 0
  #costKnown = true
  #estimated = false
  #executions = 0
  readonly #reservations = new Set<Reservation>()
  /** US dollars a token, of models without a known price, as far as their bills have shown. */
  readonly #rates = new Map<string, number>()
  #released = Promise.withResolvers<void>()

  constructor(allowed: Budget, options: { clock: () => number; onWarning: (warning: BudgetWarning) => void }) {
    this.allowed = allowed
    this.#clock = options.clock
    this.#warn = options.onWarning
    this.startedAt = this.#clock()
  }

  /** Epoch milliseconds at which the run ends, whatever it is doing. */
  get deadlineAt(): number {
    return this.startedAt + this.allowed.wallMs
  }

  get remainingCalls(): number {
    return this.allowed.modelCalls - this.#calls
  }

  get remainingExecutions(): number {
    return this.allowed.executions - this.#executions
  }

  get usage(): RunUsage {
    return {
      calls: this.#calls,
      inputTokens: this.#inputTokens,
      outputTokens: this.#outputTokens,
      tokens: this.#tokens,
      costUsd: this.#costUsd,
      costKnown: this.#costKnown,
      estimated: this.#estimated,
      executions: this.#executions,
      wallMs: this.#clock() - this.startedAt,
    }
  }

  /** Counts a call that is about to begin. Its attempts are paid by the account; `signal` ends their waiting. */
  openCall({ signal }: { signal: AbortSignal }): CallAccount {
    this.assertWithin()
    if (this.#calls >= this.allowed.modelCalls) throw this.#error('modelCalls', this.#calls)
    if (this.#costUsd >= this.allowed.costUsd) throw this.#error('costUsd', this.#costUsd)
    return this.#countCall({ signal, waits: true })
  }

  /**
   * Counts a call that a run can do without, whose attempts never wait; null where it would be the last one, or nothing is
   * left: nothing is counted then.
   */
  openOptionalCall(): CallAccount | null {
    const isOver = this.remainingCalls < 2 || this.#costUsd >= this.allowed.costUsd
    return isOver || this.passed() !== null ? null : this.#countCall({ waits: false })
  }

  #countCall(options: { signal?: AbortSignal; waits: boolean }): CallAccount {
    this.#calls += 1
    this.#check('modelCalls', this.#calls)
    return new CallAccount(this, options)
  }

  /** Takes back the count of a call of which no attempt began. */
  uncountCall(): void {
    this.#calls -= 1
  }

  /**
   * Sets aside what an attempt may use. Where other attempts hold what it needs, `wait` resolves when one of them has ended.
   * Throws the error of the bound that does not allow it.
   */
  reserve(estimate: AttemptEstimate): Reservation | { wait: Promise<void> } {
    this.assertWithin()
    const held = [...this.#reservations]
    const sum = (of: (reservation: Reservation) => number): number => held.reduce((total, one) => total + of(one), 0)
    const fit = fitAttempt(estimate, {
      tokens: this.allowed.tokens - this.#tokens - sum(({ tokens }) => tokens),
      costUsd: this.allowed.costUsd - this.#costUsd - sum(({ costUsd }) => costUsd),
      isAlone: held.length === 0,
      usdPerToken: this.#rates.get(estimate.model),
    })
    if ('reservation' in fit) {
      this.#reservations.add(fit.reservation)
      return fit.reservation
    }
    if ('wait' in fit) return { wait: this.#released.promise }
    const used = fit.refusedBy === 'tokens' ? this.#tokens : this.#costUsd
    throw this.#error(fit.refusedBy, used + fit.needed)
  }

  /** Counts what an attempt used (null: nothing) in place of what was set aside for it. */
  settle(reservation: Reservation, spending: Spending | null): void {
    if (!this.#reservations.delete(reservation)) return
    if (spending !== null) {
      this.count(spending)
      if (!reservation.priced) this.#learnRate(reservation.estimate.model, spending)
    }
    this.#released.resolve()
    this.#released = Promise.withResolvers<void>()
  }

  /** Counts what was used, whether something was set aside for it or not. */
  count({ usage, costUsd }: Spending): void {
    this.#inputTokens += usage.inputTokens
    this.#outputTokens += usage.outputTokens
    if (!usage.reported) this.#estimated = true
    if (costUsd === null) this.#costKnown = false
    else this.#costUsd += costUsd
    this.#check('tokens', this.#tokens)
    this.#check('costUsd', this.#costUsd)
  }

  /** A model that sends no bill counts as nothing: nothing needs to be set aside for it. */
  #learnRate(model: string, { usage, costUsd }: Spending): void {
    const tokens = usage.inputTokens + usage.outputTokens
    if (tokens > 0) this.#rates.set(model, Math.max(this.#rates.get(model) ?? 0, (costUsd ?? 0) / tokens))
  }

  beginExecution(): void {
    this.assertWithin()
    if (this.#executions >= this.allowed.executions) throw this.#error('executions', this.#executions)
    this.#executions += 1
    this.#check('executions', this.#executions)
  }

  /** Throws the error of the bound that has been passed. */
  assertWithin(): void {
    const passed = this.passed()
    if (passed !== null) throw passed
  }

  /** The error of the bound that has been passed, or null. A run whose last call passed one says so in its result. */
  passed(): HandaxeError | null {
    if (this.#tokens > this.allowed.tokens) return this.#error('tokens', this.#tokens)
    if (this.#costUsd > this.allowed.costUsd) return this.#error('costUsd', this.#costUsd)
    if (this.#clock() >= this.deadlineAt) return this.timeError()
    return null
  }

  timeError(): HandaxeError {
    return this.#error('wallMs', Math.max(this.usage.wallMs, this.allowed.wallMs))
  }

  /** The error of a bound that let an attempt use less than it wanted. */
  errorOf(limit: 'tokens' | 'costUsd', cause?: unknown): HandaxeError {
    return this.#error(limit, limit === 'tokens' ? this.#tokens : this.#costUsd, cause)
  }

  warnOfTime(): void {
    this.#check('wallMs', this.usage.wallMs)
  }

  get #tokens(): number {
    return this.#inputTokens + this.#outputTokens
  }

  #check(limit: Limit, used: number): void {
    const allowed = this.allowed[limit]
    if (used < allowed * WARN_SHARE || this.#warned.has(limit)) return
    this.#warned.add(limit)
    this.#warn({ limit, used, allowed })
  }

  #error(limit: Limit, exact: number, cause?: unknown): HandaxeError {
    // Sums of prices end in 0.30000000000000004.
    const used = Number(exact.toPrecision(12))
    const { code, unit, option } = BOUNDS[limit]
    const allowed = this.allowed[limit]
    return new HandaxeError(code, `The run has reached its budget of ${allowed} ${unit} (used or needed: ${used}).`, {
      hint: `Raise ${option}, or ask for less in one run. What the run had by then is in its result.`,
      details: { limit, allowed, used },
      ...(cause === undefined ? {} : { cause }),
    })
  }
}
