import type { Sandbox } from '../../contracts/sandbox.ts'
import { steadySandbox } from '../../domain/failures/execute-steadily.ts'
import type { SpendingLimit } from '../../domain/failures/spending-limit.ts'
import { turnstileOf, type Turnstile } from '../../domain/failures/turnstile.ts'
import type { RunContext } from '../run/run-context.ts'
import { untilAborted } from '../run/until-aborted.ts'

export interface CountedSandbox {
  sandbox: Sandbox
  /** Of the sandbox that is counted. */
  turnstile: Turnstile
}

/**
 * The sandbox for the checks of a tool: within the run's budget and limits like every execution of model-written code, but
 * without an event for each of what may be a hundred mutants. Closing it closes nothing.
 */
export async function openCountedSandbox(context: RunContext): Promise<CountedSandbox> {
  const { budget, signal, dependencies } = context
  const sandbox = await untilAborted(context.sandbox(), signal)
  const counted: Sandbox = {
    guarantees: sandbox.guarantees,
    execute(execution) {
      signal.throwIfAborted()
      budget.beginExecution()
      const limits = { ...dependencies.limits, ...execution.limits }
      const signals = execution.signal === undefined ? signal : AbortSignal.any([signal, execution.signal])
      return untilAborted(sandbox.execute({ ...execution, limits, signal: signals }), signal)
    },
    close: () => Promise.resolve(),
  }
  return { sandbox: counted, turnstile: turnstileOf(sandbox) }
}

/** The same within the bounds of `spending`. What a busy machine ended is repeated. */
export async function openCheckedSandbox(context: RunContext, spending?: SpendingLimit): Promise<Sandbox> {
  const { sandbox, turnstile } = await openCountedSandbox(context)
  return steadySandbox(spending === undefined ? sandbox : spending.bound(sandbox), turnstile)
}
