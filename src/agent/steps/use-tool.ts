import { HandaxeError } from '../../contracts/errors.ts'
import type { JsonObject, JsonValue } from '../../contracts/json.ts'
import type { BoundArguments, MakeStep, ReuseStep } from '../../contracts/plan.ts'
import type { Observation } from '../../contracts/run.ts'
import type { ExecutionResult } from '../../contracts/sandbox.ts'
import type { ToolVersion } from '../../contracts/tool.ts'
import { grantNeeds } from '../../util/grant-needs.ts'
import { bindArguments } from '../bind-arguments.ts'
import { checkArguments } from '../check-arguments.ts'
import { findMismatch, isGood, observeProblem } from '../observe/observe-execution.ts'
import { executeObserved } from '../run/execute-observed.ts'
import { stepValues, type RunContext } from '../run/run-context.ts'
import { untilAborted } from '../run/until-aborted.ts'
import { recordUse, reportReuse } from './record-use.ts'
import type { StepReport } from './step-report.ts'
import type { ShelvedTool } from './tool-shelf.ts'

/** What a use showed of a tool, where it came out well. */
export interface GoodCall {
  arguments: JsonObject
  value: JsonValue
}

/**
 * Calls a tool with the step's arguments: binds them, holds them against the tool's schema, executes, and records the use.
 * A binding that does not fit is an observation that names the exact problem; nothing is executed then. `settle` is told the
 * outcome before it is recorded, also when the run ends in the middle, and gives the tool that it is recorded for.
 */
export async function useTool(
  context: RunContext,
  step: ReuseStep | MakeStep,
  shelved: ShelvedTool,
  settle: (call: GoodCall | null) => Promise<ShelvedTool> = () => Promise.resolve(shelved),
): Promise<StepReport> {
  let used: Use
  try {
    used = await callTool(context, step, shelved)
  } catch (error) {
    await settle(null)
    throw error
  }
  const settled = await settle(used.call)
  const { name, version } = settled.tool
  const { result, observation, bound } = used
  if (result !== null && bound !== null) {
    await recordUse(context, settled, { result, mismatch: findMismatch(observation), arguments: bound })
  }
  return { step, observation, result, tool: { name, version } }
}

interface Use {
  observation: Observation
  result: ExecutionResult | null
  /** The arguments as they reached the code; null where it was not run. */
  bound: JsonObject | null
  call: GoodCall | null
}

async function callTool(context: RunContext, step: ReuseStep | MakeStep, shelved: ShelvedTool): Promise<Use> {
  const { tool, renamed = [] } = shelved
  const bound = await bind(context, { args: rename(step.arguments, renamed), tool })
  if ('problem' in bound) {
    const observation = observeProblem(step.id, 'invalid-arguments', bound.problem)
    return { observation, result: null, bound: null, call: null }
  }
  if (shelved.found) reportReuse(context, step.id, tool)
  const execution = {
    language: tool.language,
    code: tool.code,
    call: { function: tool.function, arguments: bound.arguments },
    inputs: context.request.files,
    tools: await context.shelf.importsOf(tool),
    ...grantNeeds(tool),
  }
  const expected = tool.tests.flatMap((test) => (test.kind === 'example' ? [test.expected] : []))
  const options = { stepId: step.id, purpose: 'use' as const, outputSchema: tool.outputSchema, expected, execution }
  const { observation, result } = await executeObserved(context, options)
  const good = isGood(observation) && result.value !== undefined
  const call = good ? { arguments: bound.arguments, value: result.value ?? null } : null
  return { observation, result, bound: bound.arguments, call }
}

function rename(args: BoundArguments, renamed: readonly { from: string; to: string }[]): BoundArguments {
  const names = new Map(renamed.map(({ from, to }) => [from, to]))
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [names.get(name) ?? name, value]))
}

type Binding = { arguments: JsonObject } | { problem: string }

async function bind(
  context: RunContext,
  { args, tool }: { args: BoundArguments; tool: ToolVersion },
): Promise<Binding> {
  const { signal, request, progress } = context
  const sandbox = await untilAborted(context.sandbox(), signal)
  try {
    const options = { files: request.files, stepValues: stepValues(progress), signal }
    const bound = await untilAborted(bindArguments(sandbox, args, options), signal)
    return { arguments: checkArguments(tool, bound) }
  } catch (error) {
    if (HandaxeError.isInstance(error) && error.code === 'invalid_arguments') return { problem: error.message }
    throw error
  }
}
