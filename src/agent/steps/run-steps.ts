import type { Plan, Step } from '../../contracts/plan.ts'
import { isGood, observeProblem } from '../observe/observe-execution.ts'
import type { RunContext } from '../run/run-context.ts'
import { runStep, type StepSituation } from './run-step.ts'
import { succeeded, type StepReport } from './step-report.ts'

/**
 * Runs a plan's steps, each as soon as those that it needs are done, and gives their reports in the plan's order. A step
 * whose needs failed (or surprised, unless `acceptSurprises`) is not run. When one throws, the run has ended: the others
 * are aborted, waited for, and its error is thrown.
 */
export async function runSteps(
  context: RunContext,
  plan: Plan,
  { acceptSurprises, ...rest }: Omit<StepSituation, 'steps'> & { acceptSurprises: boolean },
): Promise<StepReport[]> {
  const situation = { ...rest, steps: plan.steps }
  const abort = new AbortController()
  const inner: RunContext = { ...context, signal: AbortSignal.any([context.signal, abort.signal]) }
  const ids = new Set(plan.steps.map((step) => step.id))
  const reports = new Map<string, StepReport>()
  const running = new Map<string, Promise<void>>()
  const waiting = new Set(plan.steps)
  let failure: { error: unknown } | null = null

  const isDone = (id: string): boolean => {
    const report = reports.get(id)
    if (!ids.has(id)) return true
    return report !== undefined && (acceptSurprises ? succeeded(report) : isGood(report.observation))
  }
  const start = (step: Step): void => {
    waiting.delete(step)
    const work = runStep(inner, step, situation).then(
      (report) => void reports.set(step.id, report),
      (error: unknown) => {
        failure ??= { error }
        abort.abort(error)
      },
    )
    running.set(
      step.id,
      work.then(() => void running.delete(step.id)),
    )
  }
  for (;;) {
    if (failure === null) for (const step of [...waiting].filter(({ needs }) => needs.every(isDone))) start(step)
    if (running.size === 0) break
    await Promise.race(running.values())
  }
  // The run's own end goes before what it caused in the steps.
  context.signal.throwIfAborted()
  if (failure !== null) throw (failure as { error: unknown }).error
  return plan.steps.map((step) => reports.get(step.id) ?? notRun(step))
}

function notRun(step: Step): StepReport {
  const error = `It needs ${step.needs.join(', ')}, which did not come out well.`
  return { step, observation: observeProblem(step.id, 'not-run', error), result: null, tool: null }
}
