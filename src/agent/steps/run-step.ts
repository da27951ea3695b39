import type { Difficulty } from '../../contracts/models.ts'
import type { MakeStep, ReuseStep, Step } from '../../contracts/plan.ts'
import type { ToolVersion } from '../../contracts/tool.ts'
import { isRejection, makeTool, type MadeTool } from '../make/make-tool.ts'
import { observeProblem } from '../observe/observe-execution.ts'
import type { RunContext } from '../run/run-context.ts'
import { runScript } from './run-script.ts'
import { succeeded, type StepReport } from './step-report.ts'
import { useTool } from './use-tool.ts'

/** What a step of a plan may use beside its own data. */
export interface StepSituation {
  difficulty: Difficulty
  /** The tools that the planner was shown: those that a new tool may import. */
  candidates: readonly ToolVersion[]
}

/** Does one step by its decision, and records how it came out. */
export async function runStep(context: RunContext, step: Step, situation: StepSituation): Promise<StepReport> {
  const { id, decision, goal } = step
  context.events.emit({ type: 'step-started', stepId: id, decision, goal })
  const report = await decide(context, step, situation)
  const { result, tool } = report
  const good = succeeded(report)
  context.progress.steps.delete(id)
  context.progress.steps.set(id, {
    id,
    goal,
    observation: report.observation,
    decision,
    tool,
    value: good ? (result?.value ?? null) : null,
    succeeded: good,
    artifacts: good ? (result?.artifacts ?? []) : [],
  })
  context.events.emit({ type: 'step-finished', stepId: id, succeeded: good })
  return report
}

function decide(context: RunContext, step: Step, situation: StepSituation): Promise<StepReport> {
  switch (step.decision) {
    case 'reuse':
      return reuse(context, step)
    case 'make':
      return make(context, step, situation)
    case 'script':
      return runScript(context, { step, difficulty: situation.difficulty })
  }
}

async function reuse(context: RunContext, step: ReuseStep): Promise<StepReport> {
  const shelved = await context.shelf.find(step.tool)
  if (shelved !== null) return useTool(context, step, shelved)
  // It was there when the plan was checked: another process removed it.
  const observation = observeProblem(step.id, 'not-run', `The tool ${step.tool} is no longer in the library.`)
  return { step, observation, result: null, tool: null }
}

async function make(context: RunContext, step: MakeStep, situation: StepSituation): Promise<StepReport> {
  const { difficulty } = situation
  const tools = await importableTools(context, step, situation)
  const made = await makeTool(context, { step, difficulty, tools }).catch((error: unknown): MadeTool => {
    if (!isRejection(error)) throw error
    return { failure: error instanceof Error ? error.message : String(error) }
  })
  if ('failure' in made) {
    return { step, observation: observeProblem(step.id, 'not-made', made.failure), result: null, tool: null }
  }
  return useTool(context, step, { tool: made.tool, found: false, kept: context.save })
}

/** Candidates and what the needed steps made, in the tool's own language. */
async function importableTools(
  { shelf, progress }: RunContext,
  { specification, needs }: MakeStep,
  { candidates }: StepSituation,
): Promise<ToolVersion[]> {
  const names = needs.flatMap((id) => progress.steps.get(id)?.tool?.name ?? [])
  const made = await Promise.all(names.map((name) => shelf.find(name)))
  const tools = new Map(candidates.map((tool) => [tool.name, tool]))
  for (const found of made) if (found !== null) tools.set(found.tool.name, found.tool)
  return [...tools.values()].filter(
    (tool) => tool.language === specification.language && tool.name !== specification.name,
  )
}
