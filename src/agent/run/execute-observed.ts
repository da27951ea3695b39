import { join } from 'node:path'
import type { JsonSchema, JsonValue } from '../../contracts/json.ts'
import type { Observation } from '../../contracts/run.ts'
import type { Execution, ExecutionResult } from '../../contracts/sandbox.ts'
import { withPatience } from '../../domain/failures/execute-steadily.ts'
import { wasStarved } from '../../domain/failures/host-ended.ts'
import { turnstileOf } from '../../domain/failures/turnstile.ts'
import { observeExecution } from '../observe/observe-execution.ts'
import { OutputRecorder } from '../observe/output-recorder.ts'
import { saveFullText } from '../observe/save-full-text.ts'
import { createFolder } from './create-folder.ts'
import { executeCode } from './execute-code.ts'
import type { RunContext } from './run-context.ts'
import { untilAborted } from './until-aborted.ts'

export interface ObservedExecution {
  result: ExecutionResult
  observation: Observation
}

interface Options {
  stepId: string
  purpose: 'use' | 'script'
  outputSchema: JsonSchema | null
  expected?: readonly JsonValue[]
  execution: Execution
  goal?: string
}

/**
 * Executes code for its value: output is shown as it comes, artifacts and the whole text go to the run's folder, and what
 * the model will be shown is recorded. What a busy machine kept from its end is made a second time, beside no test and with
 * more patience, unless the code had a network: it may have changed something there.
 */
export async function executeObserved(context: RunContext, options: Options): Promise<ObservedExecution> {
  const { execution } = options
  const first = await executeOnce(context, options)
  if (!wasStarved(first.result) || execution.network !== undefined || context.signal.aborted) return first
  const again = { ...options, execution: withPatience(execution, first.result) }
  const sandbox = await untilAborted(context.sandbox(), context.signal)
  return turnstileOf(sandbox).alone(() => executeOnce(context, again))
}

async function executeOnce(context: RunContext, options: Options): Promise<ObservedExecution> {
  const { stepId, purpose, outputSchema, expected = [], execution, goal } = options
  const folder = nextFolder(context, stepId)
  const artifactsFolder = join(folder, 'output')
  await createFolder(artifactsFolder)
  const recorder = new OutputRecorder((stream, text) => context.events.emit({ type: 'output', stepId, stream, text }))
  const onOutput = recorder.record
  const result = await executeCode(context, { stepId, purpose, execution: { ...execution, artifactsFolder, onOutput } })
  await saveFullText(folder, result, recorder)
  const observation = observeExecution(result, {
    stepId,
    outputSchema,
    expected,
    needsValue: purpose === 'use',
    ...(goal === undefined ? {} : { goal }),
  })
  context.events.emit({ type: 'execution-finished', stepId, purpose, result, observation })
  await context.events.written()
  return { result, observation }
}

/** `s1`, then `s1-2` for the next execution of the step. */
function nextFolder({ progress, folder }: RunContext, stepId: string): string {
  const count = (progress.executions.get(stepId) ?? 0) + 1
  progress.executions.set(stepId, count)
  return join(folder, count === 1 ? stepId : `${stepId}-${count}`)
}
