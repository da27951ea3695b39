import type { RunEvent } from './events.ts'
import type { RunRecord, RunResult } from './run.ts'
import type {
  ChangeAuthor,
  KeptCall,
  LedgerSummary,
  NewTool,
  SolvedScript,
  ToolChange,
  ToolFailure,
  ToolRecord,
  ToolState,
  ToolSummary,
  ToolUse,
  ToolVersion,
  VersionLedger,
} from './tool.ts'

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

/** What search looks at in a version. Pure: the store asks for it, within a transaction, where another version becomes current. */
export type IndexTextOf = (tool: ToolVersion) => ToolIndexText

/** What is to become of a tool. What is left out stays. */
export interface ToolDecision {
  states?: { version: number; state: ToolState; reason: string }[]
  pinnedVersion?: number | null
  disabled?: boolean
  annotation?: string
  /** For what has no reason of its own. */
  reason: string
  by: ChangeAuthor
}

/** What a version has behind it, for the rules that judge it by its outcomes. */
export interface UseHistory {
  state: ToolState
  pinned: boolean
  /** Newest first, at most `JUDGED_USES`: those since its state was last set by anything but these rules. */
  uses: Pick<ToolUse, 'outcome' | 'fault' | 'inputHash' | 'reused'>[]
}

export const JUDGED_USES = 50

/** Pure, because a transaction that has to be repeated calls them again. */
export interface UseRules {
  /** Null where nothing is to change. */
  judge(history: UseHistory): { state: ToolState; reason: string } | null
  indexOf: IndexTextOf
}

/** How many calls are kept of a version: the newest of each input. */
export const KEPT_CALLS = 20

/** Arguments and value together, as JSON in UTF-8. Larger calls are not kept. */
export const KEPT_CALL_BYTES = 64 * 1024

/** Of all kept calls of a version together: the oldest go. */
export const KEPT_CALLS_BYTES = 256 * 1024

/**
 * The current version of a tool is the pinned one, else the newest in a usable state, else the newest. The index holds
 * its text. Every change is kept with its reason, its author and its time.
 */
export interface ToolStore {
  /**
   * Gives the next version number of the name, in one transaction. Where the current or the newest version has the same
   * `codeHash`, `pins` and tests (and texts, where a person brings it), nothing is written and that version is returned.
   * Null where a tool of `pins` is not there: nothing is written then. A tool that was not held against the newest version
   * (`heldAgainst`) is saved as a candidate.
   */
  saveVersion(
    tool: NewTool & { codeHash: string; pins: ToolVersion['pins'] },
    index: ToolIndexText,
  ): Promise<ToolVersion | null>
  /** Replaces the tests and the admission record of a version. Null where there is no such version. */
  amendVersion(
    name: string,
    version: number,
    amended: Pick<ToolVersion, 'tests' | 'admission'>,
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
  /** The current version where it is usable and the tool is not disabled. */
  findUsable(name: string): Promise<ToolVersion | null>
  findRecord(name: string): Promise<ToolRecord | null>
  /** Oldest first; empty where there is no such tool. */
  changes(name: string): Promise<ToolChange[]>
  /**
   * Reads what a tool is and does what `decide` makes of it, in one transaction. `decide` is pure and may be called again;
   * what it throws is thrown, and nothing is written. States of versions that are not there are a `RangeError`. Gives what
   * was changed; null where there is no such tool.
   */
  change(name: string, decide: (record: ToolRecord) => ToolDecision, indexOf: IndexTextOf): Promise<ToolChange[] | null>
  /** The versions of other tools that import any version of the tool. */
  importers(name: string): Promise<{ name: string; version: number }[]>
  /** Removes all versions with their ledger. Where other tools import it nothing is removed, unless `force`. */
  remove(name: string, options?: { force?: boolean }): Promise<Removal>
  /**
   * Counts a use, keeps its call within the bounds, and does what the rules make of the version's outcomes, in one
   * transaction. Gives what changed by it; null where there is no such version: nothing is written then.
   */
  recordUse(use: ToolUse, rules?: UseRules): Promise<ToolChange[] | null>
  /** Of all versions of the name. */
  ledger(name: string): Promise<LedgerSummary>
  /** By name and version; of all tools where none is named. */
  ledgers(name?: string): Promise<VersionLedger[]>
  /** Uses of a version that failed, newest first. */
  failures(name: string, version: number, limit: number): Promise<ToolFailure[]>
  /** Newest first. */
  keptCalls(name: string, version: number): Promise<KeptCall[]>
  /** Keeps calls of a version, within the bounds. False where there is no such version. */
  keepCalls(name: string, version: number, calls: KeptCall[]): Promise<boolean>
  /** Deletes the kept calls of a tool, or of all. Gives how many there were. */
  forgetCalls(name?: string): Promise<number>
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
  /** Newest first, also those of which a tool was made. */
  recent(limit: number): Promise<SolvedScript[]>
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
  /** With its events. False where there is no such run. What tools it made and used stays. */
  removeRun(runId: string): Promise<boolean>
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
