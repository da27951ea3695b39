import type { Sandbox } from '../../contracts/sandbox.ts'
import { steadySandbox } from '../../domain/failures/execute-steadily.ts'
import { turnstileOf } from '../../domain/failures/turnstile.ts'
import type { RunContext } from '../run/run-context.ts'
import { untilAborted } from '../run/until-aborted.ts'

/**
 * The sandbox for the checks of a tool: within the run's budget and limits like every execution of model-written code, but
 * without an event for each of what may be a hundred mutants. What a busy machine ended is repeated. Closing it closes nothing.
 */
export async function openCheckedSandbox(context: RunContext): Promise<Sandbox> {
  const { budget, signal, dependencies } = context
  const sandbox = await untilAborted(context.sandbox(), signal)
  const counted: Sandbox = {
    guarantees: sandbox.guarantees,
    execute(execution) {
      signal.throwIfAborted()
      budget.beginExecution()
      const limits = { ...dependencies.limits, ...execution.limits }
      return untilAborted(sandbox.execute({ ...execution, limits, signal }), signal)
    },
    close: () => Promise.resolve(),
  }
  return steadySandbox(counted, turnstileOf(sandbox))
}
