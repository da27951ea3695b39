import type { Difficulty } from '../../contracts/models.ts'
import type { MakeStep, ReuseStep, Step } from '../../contracts/plan.ts'
import type { ToolVersion } from '../../contracts/tool.ts'
import type { Twin } from '../../domain/admission/finding.ts'
import { withoutRequests } from '../make/first-call.ts'
import { findInstance } from '../instances/bind-instances.ts'
import { addFirstCall, announceTool, isRejection, saveTool } from '../make/keep-tool.ts'
import { makeTool } from '../make/make-tool.ts'
import { observeProblem } from '../observe/observe-execution.ts'
import type { RunContext } from '../run/run-context.ts'
import { repairVersion } from '../repair/repair-tool.ts'
import { runScript } from './run-script.ts'
import { succeeded, type StepReport } from './step-report.ts'
import { toModule, type ShelvedTool } from './tool-shelf.ts'
import { useTool } from './use-tool.ts'

/** What a step of a plan may use beside its own data. */
export interface StepSituation {
  difficulty: Difficulty
  /** The tools that the planner was shown: those that a new tool may import. */
  candidates: readonly ToolVersion[]
  /** All steps of the plan. */
  steps: readonly Step[]
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
  const notMade = (failure: string): StepReport => {
    return { step, observation: observeProblem(step.id, 'not-made', failure), result: null, tool: null }
  }
  try {
    const isImported = situation.steps.some((other) => mayImport(other, step))
    const made = await makeTool(context, { step, difficulty, tools, isImported })
    if ('failure' in made) return notMade(made.failure)
    if ('twin' in made) {
      await markInstances(context, step, made.twin.name)
      return await useTwin(context, step, made.twin)
    }
    if ('quarantined' in made) {
      const repaired = await repairTwin(context, step, made.quarantined)
      return 'failure' in repaired ? notMade(repaired.failure) : await useTool(context, step, repaired)
    }
    const saved = await saveTool(context, context.keepRequests ? made.tool : withoutRequests(made.tool))
    if (context.save && saved.state !== 'candidate') await markInstances(context, step, saved.name)
    // It is in the library before its first use: a process that is killed now has not lost what was paid for.
    return await useTool(context, step, { tool: saved, found: false, kept: context.save }, async (call) => {
      const tool = context.keepRequests ? await addFirstCall(context, saved, call) : saved
      announceTool(context, step.id, tool)
      return { tool, found: false, kept: context.save }
    })
  } catch (error) {
    if (!isRejection(error)) throw error
    return notMade(error instanceof Error ? error.message : String(error))
  }
}

/** True where a program of another step may import what the step makes: it has to be of that language then. */
function mayImport(other: Step, { id, specification }: MakeStep): boolean {
  if (other.decision === 'script') return other.uses.includes(specification.name)
  return other.decision === 'make' && other.needs.includes(id)
}

/** The programs that a tool was made of are no candidates any more. */
async function markInstances(context: RunContext, { from = [] }: MakeStep, tool: string): Promise<void> {
  for (const instance of from) {
    const script = findInstance(context, instance)
    if (script !== undefined) await context.dependencies.library.markScript(script.id, tool)
  }
}

/** A tool that was taken out of use does what was to be made, as far as its tests tell: it gets its next version. */
async function repairTwin(
  context: RunContext,
  step: MakeStep,
  { name, version, renamed }: Twin,
): Promise<ShelvedTool | { failure: string }> {
  const wanted = step.specification.name
  const message = `${name} version ${version} is quarantined and passes the tests of ${wanted}: it is repaired instead of made twice.`
  context.events.emit({ type: 'warning', code: 'tool_quarantined', message })
  try {
    const tool = await repairVersion(context, { name, version, reason: '', stepId: step.id })
    const imported = await context.dependencies.library.closure(tool.pins)
    const modules = [{ ...toModule(tool), name: wanted }, ...imported]
    if (wanted !== name) context.shelf.addStandIn(wanted, { tool, renamed, modules })
    await markInstances(context, step, name)
    return { tool, found: false, kept: true, renamed }
  } catch (error) {
    if (!isRejection(error)) throw error
    // The next plan may have it made anew.
    context.progress.unrepaired.add(name)
    return { failure: error instanceof Error ? error.message : String(error) }
  }
}

/** A tool of the library does what was to be made: it is used under both names, and nothing is kept. */
async function useTwin(context: RunContext, step: MakeStep, twin: Twin): Promise<StepReport> {
  const { name, version, reason, renamed, modules } = twin
  const tool = await context.dependencies.library.get(name, version)
  const wanted = step.specification.name
  context.events.emit({ type: 'twin-found', stepId: step.id, tool: wanted, name, version, reason })
  context.shelf.addStandIn(wanted, { tool, renamed, modules })
  return useTool(context, step, { tool, found: true, kept: true, renamed })
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
