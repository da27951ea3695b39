import { HandaxeError } from '../../contracts/errors.ts'
import type { RunEvent } from '../../contracts/events.ts'
import type { JsonObject } from '../../contracts/json.ts'
import type { JournalStore } from '../../contracts/store.ts'
import type { FailureSource, ToolFailure, ToolVersion } from '../../contracts/tool.ts'
import { checkArguments } from '../check-arguments.ts'
import { isGood } from '../observe/observe-execution.ts'
import { readReferences } from '../plan/read-references.ts'
import { namesFile } from '../steps/hash-input.ts'
import type { AgentDependencies } from '../dependencies.ts'

/** Of the ledger: what lies further back was mostly another fault. */
const LEDGER_FAILURES = 20
/** The events of a run are read whole, and can have megabytes. */
const READ_RUNS = 5
/** A few failures show the cause; more of them only fill the prompt. */
const KEPT_FAILURES = 5

export interface RecordedFailure {
  at: string
  cause: string
  fault: FailureSource
  /** What was observed; null where no run is known. */
  error: string | null
  /** As the planner wrote them, perhaps with references to files; null where nobody knows. */
  planned: JsonObject | null
  /** As they reach the code; null where that takes files or steps of a run that is gone. */
  arguments: JsonObject | null
}

/**
 * The latest failures of a version that are its own or nobody's: causes from the ledger, inputs and errors from the journal of
 * the runs in which they happened. Different ones, newest first.
 */
export async function collectFailures(
  { library, journal }: Pick<AgentDependencies, 'library' | 'journal'>,
  tool: ToolVersion,
): Promise<RecordedFailure[]> {
  const all = await library.failures(tool.name, tool.version, LEDGER_FAILURES)
  const failures = all.filter(({ fault }) => fault === 'tool' || fault === 'unknown')
  const runs = [...new Set(failures.flatMap(({ runId }) => runId ?? []))].slice(0, READ_RUNS)
  const observed = new Map<string, Observed[]>()
  for (const runId of runs) observed.set(runId, findObserved(await eventsOf(journal, runId), tool))
  const told = new Set<string>()
  const found = failures.flatMap((failure): RecordedFailure[] => {
    const { runId } = failure
    const seen = runId === null ? [] : (observed.get(runId) ?? [])
    // The run is not in this journal, or its events tell nothing of the call: the ledger's cause is what is known.
    if (runId === null || seen.length === 0) {
      return [{ ...toRecorded(failure), error: null, planned: null, arguments: null }]
    }
    // Of several failures in one run each is one line of the ledger: the first brings all.
    if (told.has(runId)) return []
    told.add(runId)
    return seen.map((one) => ({ ...toRecorded(failure), ...one, arguments: toCall(tool, one.planned) }))
  })
  const different = new Map(found.map((one) => [JSON.stringify([one.cause, one.planned]), one]))
  return [...different.values()].slice(0, KEPT_FAILURES)
}

function toRecorded({ at, cause, fault }: ToolFailure): Pick<RecordedFailure, 'at' | 'cause' | 'fault'> {
  return { at, cause, fault }
}

async function eventsOf(journal: Pick<JournalStore, 'events'>, runId: string): Promise<RunEvent[]> {
  try {
    return await journal.events(runId)
  } catch (error) {
    if (HandaxeError.isInstance(error) && error.code === 'unknown_run') return []
    throw error
  }
}

type Observed = Pick<RecordedFailure, 'error' | 'planned'>

/** Calls of the version in a run that did not come out well. */
function findObserved(
  events: readonly RunEvent[],
  { name, version }: Pick<ToolVersion, 'name' | 'version'>,
): Observed[] {
  const planned = new Map<string, JsonObject>()
  const steps = new Set(
    events.flatMap((event) => {
      const isUse = event.type === 'tool-reused' || event.type === 'tool-saved'
      return isUse && event.name === name && event.version === version ? [event.stepId] : []
    }),
  )
  return events.flatMap((event): Observed[] => {
    if (event.type === 'plan-ready') {
      for (const step of event.plan.steps) if (step.decision !== 'script') planned.set(step.id, step.arguments)
    }
    if (event.type !== 'execution-finished' || event.purpose !== 'use' || !steps.has(event.stepId)) return []
    const { observation, stepId } = event
    if (isGood(observation)) return []
    const error = observation.error ?? [observation.status, ...observation.surprises].join('. ')
    return [{ error, planned: planned.get(stepId) ?? null }]
  })
}

function toCall(tool: ToolVersion, planned: JsonObject | null): JsonObject | null {
  if (planned === null || namesFile(planned, [])) return null
  const reading = readReferences(planned)
  if ('problems' in reading || reading.references.length > 0) return null
  try {
    return checkArguments(tool, planned)
  } catch (error) {
    if (HandaxeError.isInstance(error) && error.code === 'invalid_arguments') return null
    throw error
  }
}
