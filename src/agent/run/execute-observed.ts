import { join } from 'node:path'
import type { JsonSchema, JsonValue } from '../../contracts/json.ts'
import type { Observation } from '../../contracts/run.ts'
import type { Execution, ExecutionResult } from '../../contracts/sandbox.ts'
import { observeExecution } from '../observe/observe-execution.ts'
import { OutputRecorder } from '../observe/output-recorder.ts'
import { saveFullText } from '../observe/save-full-text.ts'
import { createFolder } from './create-folder.ts'
import { executeCode } from './execute-code.ts'
import type { RunContext } from './run-context.ts'

export interface ObservedExecution {
  result: ExecutionResult
  observation: Observation
}

/**
 * Executes code for its value: output is shown as it comes, artifacts and the whole text go to the run's folder, and what
 * the model will be shown is recorded.
 */
export async function executeObserved(
  context: RunContext,
  options: {
    stepId: string
    purpose: 'use' | 'script'
    outputSchema: JsonSchema | null
    expected?: readonly JsonValue[]
    execution: Execution
    goal?: string
  },
): Promise<ObservedExecution> {
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
