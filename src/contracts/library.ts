import type { EmbeddingMeter } from './embeddings.ts'
import type { ToolModule } from './sandbox.ts'
import type {
  ChangeAuthor,
  KeptCall,
  LedgerSummary,
  NewTool,
  PlanUsage,
  ScriptCandidate,
  SolvedScript,
  ToolCandidate,
  ToolChange,
  ToolFailure,
  ToolRecord,
  ToolState,
  ToolSummary,
  ToolUse,
  ToolVersion,
  VersionLedger,
} from './tool.ts'

export interface ToolQuery {
  text: string
  /** Default 5. */
  limit?: number
  /** Default: `verified` and `trusted`. */
  states?: ToolState[]
  /** Told of the calls of an embedding model that the search makes. Default: they are nobody's. */
  meter?: EmbeddingMeter
  /** Ends the search by meaning at once: words alone decide then. */
  signal?: AbortSignal
}

/** The tools that were kept. All methods reject with `HandaxeError` only (`unknown_tool`, `tool_rejected`, `store_…`). */
export interface Library {
  /** Best first. Empty where nothing reaches the floor: "none fits" is a normal answer. */
  search(query: ToolQuery): Promise<ToolCandidate[]>
  /** The current version, or the one asked for. */
  get(name: string, version?: number): Promise<ToolVersion>
  find(name: string, version?: number): Promise<ToolVersion | null>
  /** The current version where runs may use it: verified or trusted, and not disabled. */
  findUsable(name: string): Promise<ToolVersion | null>
  list(): Promise<ToolSummary[]>
  count(): Promise<number>
  /**
   * Saves a new version under its name (or the existing one where the code is the same), with the versions of the tools
   * that it imports. Rejects with `tool_rejected` on a cycle, on an import of a tool that is not there or may not be
   * used, and where two versions of one tool would meet that cannot be kept apart. With `heldAgainst` it never takes the place
   * of a version that it was not held against: it is saved as a candidate then.
   */
  save(tool: NewTool): Promise<ToolVersion>
  /** Replaces the tests and the admission record of a version. Rejects with `unknown_tool`. */
  amend(name: string, version: number, amended: Pick<ToolVersion, 'tests' | 'admission'>): Promise<ToolVersion>
  setState(name: string, version: number, state: ToolState, reason: string, by?: ChangeAuthor): Promise<void>
  /** Versions with their states, which one is current, and what people decided. Rejects with `unknown_tool`. */
  record(name: string): Promise<ToolRecord>
  /** All that happened to it, oldest first. Rejects with `unknown_tool`. */
  changes(name: string): Promise<ToolChange[]>
  /**
   * Makes an older version the current one again: without `version` the newest usable one before the current. The newer
   * usable versions are retired; what imports them keeps them. Rejects with `tool_rejected` where there is none, where the
   * version was never verified, and where the tool is pinned.
   */
  rollback(name: string, options?: { version?: number; reason?: string }): Promise<ToolChange[]>
  /** Holds a version, the current one by default, as the current one; nothing changes by itself until `unpin`. */
  pin(name: string, version?: number): Promise<ToolChange[]>
  unpin(name: string): Promise<ToolChange[]>
  /** Takes a tool out of search and plans, or lets it in again. */
  setDisabled(name: string, disabled: boolean, reason?: string): Promise<ToolChange[]>
  /** An empty text takes the note away. */
  annotate(name: string, text: string): Promise<ToolChange[]>
  /** One version, or all. Nothing is deleted; `rollback` brings a version back. */
  retire(name: string, options?: { version?: number; reason?: string; by?: ChangeAuthor }): Promise<ToolChange[]>
  /** The versions of other tools that import any version of the tool, by name. */
  importers(name: string): Promise<{ name: string; version: number }[]>
  /** Rejects with `tool_rejected` where other tools import it (`details.importers`), unless `force`. */
  remove(name: string, options?: { force?: boolean }): Promise<void>
  /**
   * Counts a use and gives what changed by it: outcomes promote a version to `trusted`, demote it, and quarantine it.
   * `use.call` is kept only where the library was opened with `keepCalls`.
   */
  recordUse(use: ToolUse): Promise<ToolChange[]>
  ledger(name: string): Promise<LedgerSummary>
  /** By name and version; of all tools where none is named. */
  ledgers(name?: string): Promise<VersionLedger[]>
  /** Uses of a version that failed, newest first. */
  failures(name: string, version: number, limit: number): Promise<ToolFailure[]>
  /** Newest first. */
  keptCalls(name: string, version: number): Promise<KeptCall[]>
  /** Keeps calls of a version, where the library keeps any. */
  keepCalls(name: string, version: number, calls: KeptCall[]): Promise<void>
  /** Deletes the kept calls of a tool, or of all. Gives how many there were. */
  forgetCalls(name?: string): Promise<number>
  /**
   * The modules to pass to an execution: the tools named and all that they import, in their pinned versions. The tools
   * named keep their names; where another version of one of them is imported too, it comes as `name__v1`, and the
   * imports that mean it say so.
   */
  closure(names: { name: string; version?: number }[]): Promise<ToolModule[]>
  /** Keeps a program that solved a request. Only the newest thousand are kept. */
  saveScript(script: Omit<SolvedScript, 'madeInto'>): Promise<void>
  /** Programs whose request resembles the text and of which no tool was made yet, best first. Empty where none does. */
  searchScripts(query: { text: string; limit?: number }): Promise<ScriptCandidate[]>
  /** What the latest runs used that were solved by programs in the plan's reply, one entry a run: what a reuse is held against. */
  scriptUsage(): Promise<PlanUsage[]>
  /** Writes down that a tool was made of the program. */
  markScript(id: string, tool: string): Promise<void>
}
