import type { Difficulty } from '../../contracts/models.ts'
import type { ScriptStep } from '../../contracts/plan.ts'
import { wasStarved } from '../../domain/failures/host-ended.ts'
import { observeProblem } from '../observe/observe-execution.ts'
import { renderObservation } from '../observe/render-observation.ts'
import { executeObserved } from '../run/execute-observed.ts'
import type { RunContext } from '../run/run-context.ts'
import { detectUses } from './detect-uses.ts'
import { recordUse, reportReuse } from './record-use.ts'
import { scriptInputs } from './script-inputs.ts'
import type { StepReport } from './step-report.ts'
import { repairScript, writeScript, type WrittenScript } from './write-script.ts'

/** What two corrections by a stronger model do not mend is more likely a wrong plan. */
const MAX_REPAIRS = 2

/** Runs a one-off program: the plan's own code, or the coder's; a failure is repaired with its error. Nothing is kept. */
export async function runScript(
  context: RunContext,
  { step, difficulty }: { step: ScriptStep; difficulty: Difficulty },
): Promise<StepReport> {
  let script: WrittenScript =
    step.code === null ? await writeScript(context, { step, difficulty }) : { code: step.code, language: step.language }
  for (let attempt = 1; ; attempt += 1) {
    const { code, language } = script
    context.events.emit({ type: 'code-written', stepId: step.id, language, code, attempt, specification: null })
    const report = await execute(context, { step, script })
    if (report.observation.status === 'ok' || attempt > MAX_REPAIRS) return report
    // The machine was too busy, twice: no other code would mend that.
    if (report.result !== null && wasStarved(report.result)) return report
    const observation = renderObservation(report.observation, step.goal)
    script = await repairScript(context, { step, difficulty, last: script, observation, repair: attempt })
  }
}

async function execute(
  context: RunContext,
  { step, script }: { step: ScriptStep; script: WrittenScript },
): Promise<StepReport> {
  const { code, language } = script
  const names = [...new Set([...step.uses, ...detectUses(code, language)])]
  const tools = await Promise.all(names.map(async (name) => ({ name, shelved: await context.shelf.find(name) })))
  const missing = tools.filter(({ shelved }) => shelved === null).map(({ name }) => name)
  if (missing.length > 0) {
    const error = `The program imports ${missing.join(', ')} from tools, but there is no such tool.`
    return { step, observation: observeProblem(step.id, 'error', error), result: null, tool: null }
  }
  const own = language === 'python' ? 'python' : 'javascript'
  const foreign = tools.find(({ shelved }) => shelved !== null && shelved.tool.language !== own)
  if (foreign !== undefined) {
    const error = `The program imports ${foreign.name} from tools, which is not written in ${own}: call it in a step of its own and use that step's value.`
    return { step, observation: observeProblem(step.id, 'error', error), result: null, tool: null }
  }
  const used = tools.flatMap(({ shelved }) => (shelved === null ? [] : [shelved]))
  const closure = names.length === 0 ? [] : await context.shelf.closure(names)
  const observed = await executeObserved(context, {
    stepId: step.id,
    purpose: 'script',
    goal: step.goal,
    outputSchema: null,
    execution: { language, code, inputs: scriptInputs(context, step), tools: closure },
  })
  // A failing script is no evidence against the tools that it imports: only successes are counted.
  if (observed.result.status === 'ok') {
    for (const shelved of used) {
      if (shelved.found) reportReuse(context, step.id, shelved.tool)
      await recordUse(context, shelved, { result: observed.result })
    }
  }
  return { step, observation: observed.observation, result: observed.result, tool: null, program: script }
}
