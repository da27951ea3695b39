import { HandaxeError } from '../../contracts/errors.ts'
import type { JsonObject } from '../../contracts/json.ts'
import type { MakeStep, ReuseStep } from '../../contracts/plan.ts'
import { bindArguments } from '../bind-arguments.ts'
import { findMismatch, observeProblem } from '../observe/observe-execution.ts'
import { executeObserved } from '../run/execute-observed.ts'
import { stepValues, type RunContext } from '../run/run-context.ts'
import { untilAborted } from '../run/until-aborted.ts'
import { coerceArguments } from './coerce-arguments.ts'
import { recordUse, reportReuse } from './record-use.ts'
import type { StepReport } from './step-report.ts'
import type { ShelvedTool } from './tool-shelf.ts'
import { validateValue } from './validate-value.ts'

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
  const bound = await bind(context, step, tool.inputSchema)
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
    tools: tool.uses.length === 0 ? [] : await context.shelf.closure(tool.uses),
  }
  const options = { stepId: step.id, purpose: 'use' as const, outputSchema, execution }
  const observed = await executeObserved(context, options)
  await recordUse(context, shelved, { result: observed.result, mismatch: findMismatch(observed.observation) })
  return { step, observation: observed.observation, result: observed.result, tool: { name, version } }
}

type Binding = { arguments: JsonObject } | { problem: string }

async function bind(context: RunContext, step: ReuseStep | MakeStep, schema: JsonObject): Promise<Binding> {
  const { signal, request, progress } = context
  const sandbox = await untilAborted(context.sandbox(), signal)
  let values: JsonObject
  try {
    const options = { files: request.files, stepValues: stepValues(progress), signal }
    values = await untilAborted(bindArguments(sandbox, step.arguments, options), signal)
  } catch (error) {
    if (HandaxeError.isInstance(error) && error.code === 'invalid_arguments') return { problem: error.message }
    throw error
  }
  const coerced = coerceArguments(values, schema)
  const problems = validateValue(schema, coerced, 'arguments')
  return problems.length > 0 ? { problem: problems.join('\n') } : { arguments: coerced }
}
