import { HandaxeError } from '../../contracts/errors.ts'
import type { JsonValue } from '../../contracts/json.ts'
import type { ScriptStep } from '../../contracts/plan.ts'
import type { PlanUsage } from '../../contracts/tool.ts'
import type { RunContext } from '../run/run-context.ts'
import { succeeded, type StepReport } from '../steps/step-report.ts'
import { describeFile } from './describe-file.ts'

/** A value that is larger is data: no test could hold it. */
const VALUE_BYTES = 16 * 1024
const CODE_BYTES = 64 * 1024

/**
 * Keeps the programs that solved a request by themselves: first instances of what may become a tool when a second request
 * resembles this one. Nothing is kept of a run that used tools, where the programs only went round them, nor of a program
 * that lived on another step's value. `planUsage` is what the run used before its answer. Costs no call.
 */
export async function keepScripts(
  context: RunContext,
  reports: readonly StepReport[],
  planUsage: PlanUsage,
): Promise<void> {
  if (!context.save || [...context.progress.steps.values()].some(({ decision }) => decision !== 'script')) return
  for (const report of reports) {
    const { step, program, result } = report
    if (step.decision !== 'script' || step.needs.length > 0 || !succeeded(report)) continue
    if (program === undefined || result?.value === undefined || program.language === 'typescript') continue
    const tooLarge = Buffer.byteLength(program.code) > CODE_BYTES
    if (tooLarge || Buffer.byteLength(JSON.stringify(result.value)) > VALUE_BYTES) continue
    await keep(context, { step, value: result.value, program: { ...program, language: program.language }, planUsage })
  }
}

async function keep(
  context: RunContext,
  solved: {
    step: ScriptStep
    value: JsonValue
    program: { code: string; language: 'python' | 'javascript' }
    planUsage: PlanUsage
  },
): Promise<void> {
  const { runId, clock, request, progress, budget, dependencies, events } = context
  const { step, value, program, planUsage } = solved
  const { tokens, costUsd, costKnown } = budget.usage
  try {
    const files = await Promise.all(
      request.files.map(async (file) => {
        const found = progress.files.find(({ name }) => name === file.name)
        return { name: file.name, description: await describeFile(file, found) }
      }),
    )
    await dependencies.library.saveScript({
      id: `${runId}-${step.id}`,
      runId,
      at: new Date(clock()).toISOString(),
      request: request.text,
      goal: step.goal,
      ...program,
      value,
      files,
      tokens,
      costUsd: costKnown ? costUsd : null,
      planUsage,
    })
  } catch (error) {
    // The answer is there: that it will not be remembered is a pity and no failure.
    if (!HandaxeError.isInstance(error)) throw error
    events.emit({ type: 'warning', code: error.code, message: `The program was not kept: ${error.message}` })
  }
}
