import type { RunEvent } from '../contracts/events.ts'
import type { LedgerSummary, ToolChange, ToolRecord, ToolSummary, ToolVersion } from '../contracts/tool.ts'
import type { RunRecord } from '../contracts/run.ts'
import { nameLargeValues } from '../domain/json/stored-value.ts'
import { runState, type RunState } from './run-state.ts'
import { findRun } from './find-run.ts'
import type { App } from './open-app.ts'
import { parseToolReference } from './parse-tool-reference.ts'

/** What every front can ask of handaxe besides a run. No front decides anything of its own. */

export async function listTools(app: App): Promise<ToolSummary[]> {
  return (await app.library()).list()
}

export interface FoundTool {
  name: string
  version: number
  score: number
  summary: string
  language: string
  state: string
}

/** At most `limit` tools, best first; empty where none fits. */
export async function searchTools(
  app: App,
  text: string,
  { limit = 5, signal }: { limit?: number | undefined; signal?: AbortSignal } = {},
): Promise<FoundTool[]> {
  const library = await app.library()
  const candidates = await library.search({ text, limit, ...(signal === undefined ? {} : { signal }) })
  signal?.throwIfAborted()
  return candidates.map(({ tool, score }) => ({
    name: tool.name,
    version: tool.version,
    score,
    summary: tool.summary,
    language: tool.language,
    state: tool.state,
  }))
}

export interface ShownTool {
  tool: ToolVersion
  /** Of all its versions. */
  ledger: LedgerSummary
  /** Its versions, and what people decided about it. */
  record: ToolRecord
  /** Oldest first. */
  changes: ToolChange[]
}

/** The tool named as `name` or `name@version`, with what happened to it. Rejects with `unknown_tool`. */
export async function showTool(app: App, reference: string): Promise<ShownTool> {
  const { name, version } = parseToolReference(reference)
  const library = await app.library()
  return {
    tool: await library.get(name, version),
    ledger: await library.ledger(name),
    record: await library.record(name),
    changes: await library.changes(name),
  }
}

export async function removeTool(app: App, name: string): Promise<void> {
  const library = await app.library()
  await library.get(name)
  await library.remove(name)
}

/** A run as it is shown: how it really stands, and without large values, which records of older versions hold. */
export type ShownRun = Omit<RunRecord, 'status'> & { status: RunState }

export async function listRuns(app: App, limit: number): Promise<ShownRun[]> {
  return (await (await app.store()).journal.listRuns({ limit })).map(toShownRun)
}

function toShownRun(run: RunRecord): ShownRun {
  const { result } = run
  return {
    ...run,
    status: runState(run),
    result: result === null ? null : { ...result, steps: nameLargeValues(result.steps) },
  }
}

/** A run by its id, the beginning of its id, or `last`. Rejects with `unknown_run`. */
export async function showRun(app: App, reference: string): Promise<{ run: ShownRun; events: RunEvent[] }> {
  const { journal } = await app.store()
  const run = await findRun(journal, reference)
  return { run: toShownRun(run), events: await journal.events(run.runId) }
}
