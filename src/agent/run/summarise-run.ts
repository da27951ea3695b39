import { HandaxeError } from '../../contracts/errors.ts'
import type { RunResult } from '../../contracts/run.ts'
import type { RunContext } from './run-context.ts'

/** The result of a run that ended with an answer or with an error: what it reached, however far it came. */
export function summariseRun(
  { runId, progress, budget }: RunContext,
  outcome: { answer: string } | { error: unknown },
): RunResult {
  // The last call may have answered and passed the budget at once: then both are told.
  const error = 'error' in outcome ? toHandaxeError(outcome.error) : budget.passed()
  // Steps that run at the same time end in any order.
  const steps = [...progress.steps.values()].toSorted(
    (a, b) => progress.planned.lastIndexOf(a.id) - progress.planned.lastIndexOf(b.id),
  )
  return {
    runId,
    status: error === null ? 'succeeded' : statusOf(error),
    answer: 'answer' in outcome ? outcome.answer : progress.answer,
    steps: steps.map(({ id, decision, tool, value, succeeded }) => ({ id, decision, tool, value, succeeded })),
    artifacts: steps.flatMap((step) => step.artifacts),
    made: progress.made,
    reused: progress.reused,
    usage: budget.usage,
    error: error === null ? null : { code: error.code, message: error.message, hint: error.hint ?? null },
  }
}

function statusOf(error: HandaxeError): Exclude<RunResult['status'], 'succeeded'> {
  if (error.code === 'cancelled') return 'cancelled'
  return error.code.startsWith('budget_') ? 'budget-exceeded' : 'failed'
}

function toHandaxeError(error: unknown): HandaxeError {
  if (HandaxeError.isInstance(error)) return error
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return new HandaxeError('internal', message, {
    hint: 'This is a fault of handaxe: please report it with the run.',
    cause: error,
  })
}
