import { HandaxeError } from '../../contracts/errors.ts'
import type { JsonObject } from '../../contracts/json.ts'
import type { MakeStep, ReuseStep } from '../../contracts/plan.ts'
import type { ToolVersion } from '../../contracts/tool.ts'
import { bindArguments } from '../bind-arguments.ts'
import { checkArguments } from '../check-arguments.ts'
import { findMismatch, observeProblem } from '../observe/observe-execution.ts'
import { executeObserved } from '../run/execute-observed.ts'
import { stepValues, type RunContext } from '../run/run-context.ts'
import { untilAborted } from '../run/until-aborted.ts'
import { recordUse, reportReuse } from './record-use.ts'
import type { StepReport } from './step-report.ts'
import type { ShelvedTool } from './tool-shelf.ts'

/**
 * Calls a tool with the step's arguments: binds them, holds them against the tool's schema, executes, and records the use.
 * A binding that does not fit is an observation that names the exact problem; nothing is executed then.
 */
export async function useTool(
  context: RunContext,
  step: ReuseStep | MakeStep,
  shelved: ShelvedTool,
): Promise<StepReport> {
  const { tool } = shelved
  const { name, version } = tool
  const { outputSchema } = tool
  const bound = await bind(context, step, tool)
  if ('problem' in bound) {
    const observation = observeProblem(step.id, 'invalid-arguments', bound.problem)
    return { step, observation, result: null, tool: { name, version } }
  }
  if (shelved.found) reportReuse(context, step.id, tool)
  const execution = {
    language: tool.language,
    code: tool.code,
    call: { function: tool.function, arguments: bound.arguments },
    inputs: context.request.files,
    tools: await context.shelf.importsOf(tool),
  }
  const options = { stepId: step.id, purpose: 'use' as const, outputSchema, execution }
  const observed = await executeObserved(context, options)
  await recordUse(context, shelved, { result: observed.result, mismatch: findMismatch(observed.observation) })
  return { step, observation: observed.observation, result: observed.result, tool: { name, version } }
}

type Binding = { arguments: JsonObject } | { problem: string }

async function bind(context: RunContext, step: ReuseStep | MakeStep, tool: ToolVersion): Promise<Binding> {
  const { signal, request, progress } = context
  const sandbox = await untilAborted(context.sandbox(), signal)
  try {
    const options = { files: request.files, stepValues: stepValues(progress), signal }
    const bound = await untilAborted(bindArguments(sandbox, step.arguments, options), signal)
    return { arguments: checkArguments(tool, bound) }
  } catch (error) {
    if (HandaxeError.isInstance(error) && error.code === 'invalid_arguments') return { problem: error.message }
    throw error
  }
}
