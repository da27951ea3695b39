import { HandaxeError, type ErrorCode } from '../../contracts/errors.ts'
import type { Budget } from '../../contracts/limits.ts'
import type { TokenUsage } from '../../contracts/models.ts'
import type { RunUsage } from '../../contracts/run.ts'

type Limit = keyof Budget

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
 * Counts what a run uses and refuses what would go beyond its budget. Calls and executions are counted as they begin, so
 * that steps running at the same time cannot pass the bound together; executions are those of model-written code, not of
 * the agent's own programs that read files and signatures. Tokens and cost are known after a call only: a call
 * that goes beyond them is finished and counted, and nothing begins after it.
 */
export class BudgetMeter {
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
  #executions = 0

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

  get remainingTokens(): number {
    return this.allowed.tokens - this.#tokens
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
      executions: this.#executions,
      wallMs: this.#clock() - this.startedAt,
    }
  }

  /** Counts a call that is about to begin. `inputTokens` is its prompt's estimate: what cannot fit is not sent. */
  beginCall(inputTokens: number): void {
    this.assertWithin()
    if (this.#calls >= this.allowed.modelCalls) throw this.#error('modelCalls', this.#calls)
    if (this.#tokens + inputTokens >= this.allowed.tokens) throw this.#error('tokens', this.#tokens + inputTokens)
    if (this.#costUsd >= this.allowed.costUsd) throw this.#error('costUsd', this.#costUsd)
    this.#calls += 1
    this.#check('modelCalls', this.#calls)
  }

  endCall(reply: {
    usage: Pick<TokenUsage, 'inputTokens' | 'outputTokens'> & Partial<TokenUsage>
    costUsd: number | null
  }): void {
    this.#inputTokens += reply.usage.inputTokens
    this.#outputTokens += reply.usage.outputTokens
    if (reply.costUsd === null) this.#costKnown = false
    else this.#costUsd += reply.costUsd
    this.#check('tokens', this.#tokens)
    this.#check('costUsd', this.#costUsd)
  }

  /** Counts a call that a run can do without; false where it would be the last one, or nothing is left: nothing is counted then. */
  beginOptionalCall(): boolean {
    const isOver = this.remainingCalls < 2 || this.#costUsd >= this.allowed.costUsd
    if (isOver || this.passed() !== null) return false
    this.#calls += 1
    this.#check('modelCalls', this.#calls)
    return true
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

  #error(limit: Limit, used: number): HandaxeError {
    const { code, unit, option } = BOUNDS[limit]
    const allowed = this.allowed[limit]
    return new HandaxeError(code, `The run has reached its budget of ${allowed} ${unit} (used or needed: ${used}).`, {
      hint: `Raise ${option}, or ask for less in one run. What the run had by then is in its result.`,
      details: { limit, allowed, used },
    })
  }
}
