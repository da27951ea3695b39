import type { RunEvent } from './events.ts'
import type { RunRecord, RunResult } from './run.ts'
import type { LedgerSummary, NewTool, SolvedScript, ToolState, ToolSummary, ToolUse, ToolVersion } from './tool.ts'

/** The fields of a tool that search looks at, in the order in which the index holds them. */
export const INDEX_FIELDS = [
  'name',
  'description',
  /** Names of the parameters. */
  'parameters',
  /** Descriptions of the parameters. */
  'details',
  /** Values that parameters are restricted to. */
  'choices',
  'returns',
  'requests',
  /** Identifiers of the code. */
  'code',
] as const

export type IndexField = (typeof INDEX_FIELDS)[number]

/**
 * Text of a tool, one entry a field, already split into lower-case stems separated by single spaces. Between texts that
 * stand for themselves, such as two example requests, stands `TEXT_SEPARATOR` in place of a stem.
 */
export type ToolIndexText = Record<IndexField, string>

/** Never found, never counted as a stem. */
export const TEXT_SEPARATOR = '|'

export type FieldWeights = Record<IndexField, number>

export interface IndexStatistics {
  /** Tools in the index, whatever their state. */
  tools: number
  /** Mean number of stems in each field, over the tools that have any in it; 0 where none has. */
  averageLengths: Record<IndexField, number>
  /** In how many tools each of the stems asked for stands, in any field. Stems of no tool are left out. */
  documents: Map<string, number>
}

export interface IndexQuery {
  /** Stems, as in `ToolIndexText`; any of them may match. */
  stems: string[]
  weights: FieldWeights
  limit: number
  states: ToolState[]
}

/** A tool worth ranking. The library ranks: what the store does here only has to leave nothing good out. */
export interface IndexHit {
  name: string
  version: number
  text: ToolIndexText
}

/** `importers` are the versions of other tools that import the tool; `removed` is false where there is no such tool. */
export interface Removal {
  removed: boolean
  importers: { name: string; version: number }[]
}

export interface ToolStore {
  /**
   * Gives the next version number of the name and makes it the current one, in one transaction. Where the current
   * version has the same `codeHash` and `pins`, nothing is written and that version is returned. Null where a tool of
   * `pins` is not there: nothing is written then.
   */
  saveVersion(
    tool: NewTool & { codeHash: string; pins: ToolVersion['pins'] },
    index: ToolIndexText,
  ): Promise<ToolVersion | null>
  findVersion(name: string, version?: number): Promise<ToolVersion | null>
  /** Oldest first. */
  listVersions(name: string): Promise<ToolVersion[]>
  /** The current versions, by name. */
  list(): Promise<ToolSummary[]>
  count(): Promise<number>
  /** The index holds the current version of each tool. */
  indexStatistics(stems: string[]): Promise<IndexStatistics>
  /** Stems of the index that begin with `prefix`, of `minLength` to `maxLength` characters, at most a few thousand. */
  stemsLike(query: { prefix: string; minLength: number; maxLength: number }): Promise<Map<string, number>>
  /** Best first, by the engine's own ranking. */
  searchIndex(query: IndexQuery): Promise<IndexHit[]>
  /** False where there is no such version. Every change is kept with its reason and time. */
  setState(name: string, version: number, state: ToolState, reason: string): Promise<boolean>
  /** Removes all versions with their ledger. Where other tools import it nothing is removed, unless `force`. */
  remove(name: string, options?: { force?: boolean }): Promise<Removal>
  /** False where there is no such version: nothing is written then. */
  recordUse(use: ToolUse): Promise<boolean>
  /** Of all versions of the name. */
  ledger(name: string): Promise<LedgerSummary>
}

/** How many solved programs are kept: the newest. They are ranked in memory. */
export const KEPT_SCRIPTS = 1000

/** Programs that solved a request. */
export interface ScriptStore {
  /** `stems` as in `ToolIndexText`. What is older than the newest `KEPT_SCRIPTS` goes. The same id again replaces nothing. */
  save(script: Omit<SolvedScript, 'madeInto'>, stems: string): Promise<void>
  /** Newest first, without those of which a tool was made. */
  listStems(): Promise<{ id: string; stems: string }[]>
  find(id: string): Promise<SolvedScript | null>
  /** False where there is no such program. */
  mark(id: string, tool: string): Promise<boolean>
}

/** The events and the outcome of runs. What is written here is on disk when the promise resolves. */
export interface JournalStore {
  createRun(run: RunRecord): Promise<void>
  /** All of them or none. Sequence numbers that the run already has are an error. */
  appendEvents(runId: string, events: RunEvent[]): Promise<void>
  finishRun(runId: string, result: RunResult): Promise<void>
  findRun(runId: string): Promise<RunRecord | null>
  /** Newest first; with `before`, a run's id, those that follow that run in this order. */
  listRuns(options: { limit: number; before?: string }): Promise<RunRecord[]>
  events(runId: string, afterSequence?: number): Promise<RunEvent[]>
}

/** Rejects with `HandaxeError` only: `store_…`, `disk_full`, `unknown_run`, and `internal` for what breaks its rules. */
export interface Store {
  readonly tools: ToolStore
  readonly scripts: ScriptStore
  readonly journal: JournalStore
  close(): Promise<void>
}
