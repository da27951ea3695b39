import type { Execution, ExecutionResult, Sandbox } from '../../contracts/sandbox.ts'
import { wasKilledFromOutside, wasStarved } from './host-ended.ts'
import { turnstileOf, type Turnstile } from './turnstile.ts'

/** By the clock, the second time: what another process takes away, waiting gives back. CPU time stays as it was. */
const PATIENCE = 3
/** Repetitions that the machine ended as well, after which no further one is made: it is too busy to check anything now. */
const MOST_STARVED = 2

export type Execute = (execution: Execution) => Promise<ExecutionResult>

/**
 * Executions of a check: one that the machine ended and not the code is made a second time, alone and with more patience.
 * Where the machine ends that one, too, its result says so (`wasStarved`) and decides nothing about the code.
 */
export function executeSteadily(execute: Execute, turnstile: Turnstile): Execute {
  let starved = 0
  return async (execution) => {
    const first = await turnstile.beside(() => execute(execution))
    const isHosts = wasStarved(first) || wasKilledFromOutside(first)
    if (!isHosts || starved >= MOST_STARVED || execution.signal?.aborted) return first
    const second = await turnstile.alone(() => execute(withPatience(execution, first)))
    if (wasStarved(second)) starved += 1
    return second
  }
}

/** The execution again, with more time by the clock than the one that gave this result. */
export function withPatience(execution: Execution, { limits }: Pick<ExecutionResult, 'limits'>): Execution {
  return { ...execution, limits: { ...execution.limits, wallMs: PATIENCE * limits.wallMs } }
}

const STEADY = new WeakSet<Sandbox>()

/** A sandbox for checks, whose executions are made as `executeSteadily` does. Closing it closes nothing. */
export function steadySandbox(sandbox: Sandbox, turnstile: Turnstile = turnstileOf(sandbox)): Sandbox {
  // Two around one another would repeat what was repeated.
  if (STEADY.has(sandbox)) return sandbox
  const steady: Sandbox = {
    guarantees: sandbox.guarantees,
    execute: executeSteadily((execution) => sandbox.execute(execution), turnstile),
    close: () => Promise.resolve(),
  }
  STEADY.add(steady)
  return steady
}
