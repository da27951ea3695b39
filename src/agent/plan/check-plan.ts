import type { MakeStep, Plan, Step } from '../../contracts/plan.ts'
import { checkStep, type PlanSituation } from './check-step.ts'
import { findCycle } from './find-cycle.ts'

export type PlanCheck = { plan: Plan } | { problems: string[] }

/**
 * Holds a plan against what there is: files, columns, tools, steps. Where the plan's `needs` leave out a step that the
 * plan plainly uses, they are completed. Problems are sentences for the model.
 */
export async function checkPlan(plan: Plan, situation: PlanSituation): Promise<PlanCheck> {
  const problems: string[] = []
  if (plan.steps.length === 0 && plan.answer === null) {
    problems.push('A plan without steps needs the whole answer in "answer".')
  }
  const made = collectMade(plan, problems)
  const steps: Step[] = []
  for (const step of plan.steps) {
    const check = await checkStep(step, { plan, situation, made })
    steps.push(check.step)
    problems.push(...check.problems.map((problem) => `Step ${step.id}: ${problem}.`))
  }
  const cycle = findCycle(steps)
  if (cycle !== null) problems.push(`The steps ${cycle.join(' → ')} need each other in a circle.`)
  return problems.length > 0 ? { problems } : { plan: { ...plan, steps } }
}

function collectMade(plan: Plan, problems: string[]): Map<string, MakeStep> {
  const made = new Map<string, MakeStep>()
  const ids = new Set<string>()
  for (const step of plan.steps) {
    if (ids.has(step.id)) problems.push(`Two steps have the id ${step.id}.`)
    ids.add(step.id)
    if (step.decision !== 'make') continue
    const { name } = step.specification
    if (made.has(name)) problems.push(`Two steps make ${name}: make it in one and reuse it in the other.`)
    made.set(name, step)
  }
  return made
}
