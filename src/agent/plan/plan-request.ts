import type { Message } from '../../contracts/models.ts'
import type { Plan } from '../../contracts/plan.ts'
import type { MakePolicy } from '../../contracts/run.ts'
import type { ToolVersion } from '../../contracts/tool.ts'
import { instanceLabel, renderInstances } from '../instances/render-instances.ts'
import { renderObservation } from '../observe/render-observation.ts'
import { askModel, type ParsedReply } from '../run/ask-model.ts'
import { stepValues, type RunContext } from '../run/run-context.ts'
import type { StepReport } from '../steps/step-report.ts'
import { renderTools } from '../text/fence-code.ts'
import { renderPrompt } from '../text/load-prompt.ts'
import { renderFiles } from '../text/render-files.ts'
import { renderScriptRules } from '../text/render-script-rules.ts'
import { stripHidden } from '../../domain/text/untrusted-text.ts'
import { checkPlan } from './check-plan.ts'
import type { PlanSituation } from './check-step.ts'
import { parsePlan } from './parse-plan.ts'

/** A plan that was run, and how it came out. */
export interface PlanAttempt {
  plan: Plan
  reports: StepReport[]
  /** The conversation that led to the plan, with the plan at its end. */
  messages: Message[]
}

/**
 * The PLAN call: one model call for a first plan, and one for each plan after something went wrong, which continues the
 * conversation with what was observed.
 */
export async function planRequest(
  context: RunContext,
  { candidates, last, attempt }: { candidates: readonly ToolVersion[]; last: PlanAttempt | null; attempt: number },
): Promise<{ plan: Plan; messages: Message[] }> {
  const messages =
    last === null
      ? [renderRequest(context, candidates)]
      : [...last.messages, { role: 'user' as const, content: renderReplan(context, last) }]
  const situation = describeSituation(context)
  const answered = await askModel(
    context,
    {
      role: 'planner',
      purpose: last === null ? 'plan' : 'replan',
      difficulty: last?.plan.difficulty ?? 'medium',
      escalation: attempt - 1,
      instructions: renderPrompt('plan', { SCRIPT_RULES: renderScriptRules(context.dependencies) }),
      messages,
    },
    (text) => readPlan(text, situation),
  )
  const plan = answered.value
  context.progress.difficulty = plan.difficulty
  const reused = plan.steps.flatMap((step) => (step.decision === 'reuse' ? [step.tool] : []))
  context.progress.reusePlanned = new Set(reused).size
  context.progress.planned.push(...plan.steps.map(({ id }) => id))
  context.events.emit({ type: 'plan-ready', plan, attempt })
  return { plan, messages: [...messages, ...answered.messages.slice(-1)] }
}

async function readPlan(text: string, situation: PlanSituation): Promise<ParsedReply<Plan>> {
  const parsed = parsePlan(text)
  if ('problem' in parsed) return parsed
  const checked = await checkPlan(parsed.value, situation)
  if ('plan' in checked) return { value: checked.plan }
  return { problem: `The plan cannot be run:\n${checked.problems.map((problem) => `- ${problem}`).join('\n')}` }
}

/** States of a tool that no plan is offered: what is made under its name is its next version. */
const REPLACEABLE = new Set(['candidate', 'quarantined', 'retired'])

function describeSituation({ progress, make, shelf, dependencies }: RunContext): PlanSituation {
  return {
    files: progress.files,
    make,
    findTool: async (name) => (await shelf.find(name))?.tool ?? null,
    // What this run made itself may be made again, better: it becomes the next version.
    isNameTaken: async (name) => {
      if (progress.made.some((tool) => tool.name === name)) return false
      const tool = await dependencies.library.find(name)
      return tool !== null && !REPLACEABLE.has(tool.state)
    },
    instances: new Set(progress.instances.map((_, index) => instanceLabel(index))),
    finished: new Set(stepValues(progress).keys()),
  }
}

const POLICIES: Readonly<Record<MakePolicy, string>> = {
  auto: '',
  always: 'In this run every computation becomes a tool: use make (or reuse), never script.',
  never: 'In this run no tools are made: use reuse where a tool fits exactly, else script.',
}

function renderRequest({ request, progress, make, dependencies }: RunContext, tools: readonly ToolVersion[]): Message {
  const { renderSignature } = dependencies
  const content = renderPrompt('plan-request', {
    REQUEST: stripHidden(request.text),
    FILES: renderFiles(progress.files),
    TOOLS: renderTools(tools, { renderSignature, none: 'None that could fit.' }),
    INSTANCES: renderInstances(progress.instances),
    POLICY: POLICIES[make],
  })
  return { role: 'user', content }
}

function renderReplan({ progress }: RunContext, { reports }: PlanAttempt): string {
  const finished = [...stepValues(progress).keys()].toSorted()
  return renderPrompt('replan', {
    OBSERVATIONS: reports.map(({ observation, step }) => renderObservation(observation, step.goal)).join('\n\n'),
    FINISHED: finished.length === 0 ? 'none' : finished.join(', '),
    STEP_EXAMPLE: `{{${finished[0] ?? 's1'}}}`,
  })
}
