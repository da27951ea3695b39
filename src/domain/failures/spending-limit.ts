import type { Execution, ExecutionResult, Sandbox } from '../../contracts/sandbox.ts'

/** What checks may spend is spent. They end with what they know by then; nothing is held against the code. */
export class SpendingSpent extends Error {
  override readonly name = 'SpendingSpent'
}

export interface SpendingBounds {
  executions: number
  /** Time in which at least one execution was under way. */
  wallMs: number
  /** Further reason to stop, as the end of a sentence; null where there is none. Asked before each execution. */
  stop?: () => string | null
}

/** Counts the executions of checks and their time, and refuses those beyond the bounds with `SpendingSpent`. */
export class SpendingLimit {
  readonly #bounds: SpendingBounds
  #executions = 0
  #wallMs = 0
  #running = 0
  #since = 0

  constructor(bounds: SpendingBounds) {
    this.#bounds = bounds
  }

  get executions(): number {
    return this.#executions
  }

  get remainingExecutions(): number {
    return this.#reason() === null ? Math.max(0, this.#bounds.executions - this.#executions) : 0
  }

  /** The sandbox within these bounds. Closing it closes nothing. */
  bound(sandbox: Sandbox): Sandbox {
    return {
      guarantees: sandbox.guarantees,
      execute: (execution) => this.#execute(sandbox, execution),
      close: () => Promise.resolve(),
    }
  }

  async #execute(sandbox: Sandbox, execution: Execution): Promise<ExecutionResult> {
    const reason = this.#reason()
    if (reason !== null) throw new SpendingSpent(reason)
    this.#executions += 1
    if (this.#running === 0) this.#since = performance.now()
    this.#running += 1
    const timeout = AbortSignal.timeout(Math.max(1, Math.ceil(this.#bounds.wallMs - this.#spentMs())))
    const signal = execution.signal === undefined ? timeout : AbortSignal.any([execution.signal, timeout])
    try {
      const result = await sandbox.execute({ ...execution, signal })
      if (timeout.aborted && execution.signal?.aborted !== true) throw new SpendingSpent(this.#timeReason())
      return result
    } catch (error) {
      // A sandbox may also reject what it is told to stop.
      const isOurs = timeout.aborted && execution.signal?.aborted !== true
      throw isOurs ? new SpendingSpent(this.#timeReason()) : error
    } finally {
      this.#running -= 1
      if (this.#running === 0) this.#wallMs += performance.now() - this.#since
    }
  }

  #spentMs(): number {
    return this.#wallMs + (this.#running > 0 ? performance.now() - this.#since : 0)
  }

  #reason(): string | null {
    const { executions, wallMs, stop } = this.#bounds
    if (this.#executions >= executions) return `its ${executions} executions are used up`
    if (this.#spentMs() >= wallMs) return this.#timeReason()
    return stop?.() ?? null
  }

  #timeReason(): string {
    return `its ${Math.round(this.#bounds.wallMs / 1000)} s are used up`
  }
}
