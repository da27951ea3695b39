import type { RunEvent } from './events.ts'
import type { RunRecord, RunResult } from './run.ts'
import type { LedgerSummary, NewTool, ToolState, ToolSummary, ToolUse, ToolVersion } from './tool.ts'

/** Text of a tool, one entry a field, already split into lower-case stems separated by spaces. */
export interface ToolIndexText {
  name: string
  description: string
  parameters: string
  returns: string
  requests: string
  code: string
}

export type FieldWeights = Record<keyof ToolIndexText, number>

export interface IndexQuery {
  /** Stems, as in `ToolIndexText`; any of them may match. */
  terms: string[]
  weights: FieldWeights
  limit: number
  states: ToolState[]
}

export interface IndexHit {
  name: string
  version: number
  /** Higher is better. */
  score: number
  /** The share of `terms`, weighted by their rarity, that the tool has in any field: 0 to 1. */
  coverage: number
}

export interface ToolStore {
  /**
   * Gives the next version number of the name and makes it the current one, in one transaction. Where the current
   * version has the same `codeHash`, nothing is written and that version is returned.
   */
  saveVersion(
    tool: NewTool & { codeHash: string; pins: ToolVersion['pins'] },
    index: ToolIndexText,
  ): Promise<ToolVersion>
  findVersion(name: string, version?: number): Promise<ToolVersion | null>
  listVersions(name: string): Promise<ToolVersion[]>
  list(): Promise<ToolSummary[]>
  count(): Promise<number>
  searchIndex(query: IndexQuery): Promise<IndexHit[]>
  setState(name: string, version: number, state: ToolState, reason: string): Promise<void>
  remove(name: string): Promise<boolean>
  recordUse(use: ToolUse): Promise<void>
  ledger(name: string): Promise<LedgerSummary>
}

/** The events and the outcome of runs. What is written here is on disk when the promise resolves. */
export interface JournalStore {
  createRun(run: RunRecord): Promise<void>
  appendEvents(runId: string, events: RunEvent[]): Promise<void>
  finishRun(runId: string, result: RunResult): Promise<void>
  findRun(runId: string): Promise<RunRecord | null>
  listRuns(options: { limit: number; before?: string }): Promise<RunRecord[]>
  events(runId: string, afterSequence?: number): Promise<RunEvent[]>
}

/** Rejects with `HandaxeError` only: `store_…`, `disk_full`. */
export interface Store {
  readonly tools: ToolStore
  readonly journal: JournalStore
  close(): Promise<void>
}
