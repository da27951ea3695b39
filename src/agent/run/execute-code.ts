import type { Execution, ExecutionResult } from '../../contracts/sandbox.ts'
import type { RunContext } from './run-context.ts'
import { untilAborted } from './until-aborted.ts'

/**
 * One execution of model-written code within the budget. All that happened before it is on disk when it begins. Throws the
 * run's own error where the run has ended meanwhile; what the code did is in the result.
 */
export async function executeCode(
  context: RunContext,
  { stepId, purpose, execution }: { stepId: string; purpose: 'test' | 'use' | 'script'; execution: Execution },
): Promise<ExecutionResult> {
  const { events, budget, signal, dependencies } = context
  signal.throwIfAborted()
  await events.written()
  const sandbox = await untilAborted(context.sandbox(), signal)
  budget.beginExecution()
  events.emit({ type: 'execution-started', stepId, language: execution.language, purpose })
  const limits = { ...dependencies.limits, ...execution.limits }
  return untilAborted(sandbox.execute({ ...execution, limits, signal }), signal)
}
