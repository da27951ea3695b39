import { writeAnswer } from './answer/write-answer.ts'
import { inspectFiles } from './inspect-files.ts'
import { keepScripts } from './instances/keep-scripts.ts'
import { retrieveInstances } from './instances/retrieve-instances.ts'
import { describeTrouble, runFailed } from './observe/describe-trouble.ts'
import { isGood } from './observe/observe-execution.ts'
import { planRequest, type PlanAttempt } from './plan/plan-request.ts'
import { retrieveTools } from './retrieve-tools.ts'
import { allSettled } from './run/all-settled.ts'
import { embeddingMeter } from './run/embedding-meter.ts'
import type { RunContext } from './run/run-context.ts'
import { runSteps } from './steps/run-steps.ts'
import { succeeded } from './steps/step-report.ts'

/** What two further plans do not reach is out of reach: each costs a call, and the failed steps their executions. */
const MAX_REPLANS = 2

/**
 * The loop: inspect and retrieve, plan, run the steps, observe; replan what failed or surprised; answer. Gives the answer;
 * throws the error that ends the run otherwise. What was reached by then stands in the context's progress.
 */
export async function runRequest(context: RunContext): Promise<string> {
  const [, candidates] = await allSettled([
    inspectFiles(context),
    retrieveTools({ ...context, meter: embeddingMeter(context) }),
    retrieveInstances(context),
  ])
  let last: PlanAttempt | null = null
  for (let attempt = 1; ; attempt += 1) {
    const isLastPlan = attempt > MAX_REPLANS
    const { plan, messages } = await planRequest(context, { candidates, last, attempt })
    const { difficulty } = plan
    const reports = await runSteps(context, plan, { difficulty, candidates, acceptSurprises: isLastPlan })
    const observations = reports.map((report) => report.observation)
    // A surprise that no plan could explain is told in the answer; a failure ends the run.
    const isAnswerable = isLastPlan ? reports.every(succeeded) : observations.every(isGood)
    if (isAnswerable) {
      const { inputTokens, outputTokens } = context.budget.usage
      const answer = await writeAnswer(context, plan, reports)
      await keepScripts(context, reports, { inputTokens, outputTokens })
      return answer
    }
    if (isLastPlan) throw runFailed(observations)
    context.events.emit({ type: 'replanned', reason: describeTrouble(observations), attempt })
    last = { plan, reports, messages }
  }
}
