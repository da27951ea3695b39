import type { JsonSchema, JsonValue } from '../../contracts/json.ts'
import type { Observation } from '../../contracts/run.ts'
import type { CapturedText, ExecutionResult } from '../../contracts/sandbox.ts'
import { describeEnd } from '../../domain/failures/describe-end.ts'
import { cutEnd, cutMiddle } from '../../domain/text/cut-middle.ts'
import { stripHidden } from '../../domain/text/untrusted-text.ts'
import { stabiliseText } from '../text/stabilise-text.ts'
import { toStableJson } from '../../domain/text/to-stable-json.ts'
import { findPlotSurprises } from './find-plot-surprises.ts'
import { DECLARED, findSurprises } from './find-surprises.ts'

/** What a model is shown of a value, and of each of stdout, stderr and a traceback. The whole text lies in the run's folder. */
const VALUE_CHARACTERS = 4000
const OUTPUT_CHARACTERS = 2000
const MESSAGE_CHARACTERS = 1000
const MAX_ARTIFACTS = 20

export interface ObservedStep {
  stepId: string
  /** Of a tool; null for a script. */
  outputSchema: JsonSchema | null
  /** What the examples of a tool expect: none of it surprises. */
  expected?: readonly JsonValue[]
  /** False where files or printed text are as good a result as a value: a script that only plots. */
  needsValue: boolean
  /** What the step is for, in the planner's words. */
  goal?: string
}

/** The bounded account of an execution. */
export function observeExecution(
  result: ExecutionResult,
  { stepId, outputSchema, expected = [], needsValue, goal }: ObservedStep,
): Observation {
  const { value } = result
  const elsewhere = !needsValue && value === undefined && (result.artifacts.length > 0 || result.stdout.totalBytes > 0)
  const left = result.status === 'no-result' && elsewhere
  const dropped = result.droppedArtifacts.map(({ name, reason }) => `the file ${name} was not kept (${reason})`)
  return {
    stepId,
    // A script that leaves by `os._exit(0)` has ended well if it has printed or written what it had to.
    status: left ? 'ok' : result.status,
    value: value === undefined ? null : cutMiddle(stabiliseText(toStableJson(value)), VALUE_CHARACTERS),
    stdout: cutMiddle(stabiliseText(renderCaptured(result.stdout)), OUTPUT_CHARACTERS),
    stderr: cutMiddle(stabiliseText(renderCaptured(result.stderr)), OUTPUT_CHARACTERS),
    error:
      result.error === undefined || left
        ? null
        : renderError(result.error, result.status === 'killed' ? null : describeEnd(result)),
    artifacts: result.artifacts.slice(0, MAX_ARTIFACTS).map((artifact) => artifact.name),
    ...(result.notes === undefined ? {} : { notes: result.notes.map(stripHidden) }),
    surprises:
      result.status === 'ok' || left
        ? [
            ...(elsewhere ? [] : findSurprises(value, outputSchema, expected)),
            ...findPlotSurprises(goal ?? null, result),
            ...dropped,
          ]
        : [],
  }
}

/** An account of a step that ended before anything was executed. */
export function observeProblem(stepId: string, status: string, error: string): Observation {
  const text = cutMiddle(stripHidden(error), VALUE_CHARACTERS)
  return { stepId, status, value: null, stdout: '', stderr: '', error: text, artifacts: [], surprises: [] }
}

export function isGood(observation: Observation): boolean {
  return observation.status === 'ok' && observation.surprises.length === 0
}

/** How a tool's value differs from what it declares, or null. */
export function findMismatch({ surprises }: Observation): string | null {
  return surprises.find((surprise) => surprise.endsWith(DECLARED)) ?? null
}

function renderCaptured(text: CapturedText): string {
  if (!text.truncated) return text.head
  return `${text.head}\n… ${text.totalBytes} bytes in all, the middle was not kept …\n${text.tail}`
}

function renderError(error: NonNullable<ExecutionResult['error']>, end: string | null): string {
  const reached = end === null ? '' : ` (${end})`
  const title = stabiliseText(cutEnd(`${error.type}: ${error.message}${reached}`, MESSAGE_CHARACTERS))
  const traceback = stabiliseText(cutMiddle(error.traceback.trim(), OUTPUT_CHARACTERS))
  // Python's traceback ends with the error itself, which stands in front here: it is what people are shown.
  const rest = traceback.endsWith(title) ? traceback.slice(0, -title.length).trimEnd() : traceback
  return rest === '' ? title : `${title}\n${rest}`
}
