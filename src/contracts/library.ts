import type { ToolModule } from './sandbox.ts'
import type {
  LedgerSummary,
  NewTool,
  ScriptCandidate,
  SolvedScript,
  ToolCandidate,
  ToolState,
  ToolSummary,
  ToolUse,
  ToolVersion,
} from './tool.ts'

export interface ToolQuery {
  text: string
  /** Default 5. */
  limit?: number
  /** Default: `verified` and `trusted`. */
  states?: ToolState[]
}

/** The tools that were kept. All methods reject with `HandaxeError` only (`unknown_tool`, `tool_rejected`, `store_…`). */
export interface Library {
  /** Best first. Empty where nothing reaches the floor: "none fits" is a normal answer. */
  search(query: ToolQuery): Promise<ToolCandidate[]>
  /** The current version, or the one asked for. */
  get(name: string, version?: number): Promise<ToolVersion>
  find(name: string, version?: number): Promise<ToolVersion | null>
  list(): Promise<ToolSummary[]>
  count(): Promise<number>
  /**
   * Saves a new version under its name (or the existing one where the code is the same), with the versions of the tools
   * that it imports. Rejects with `tool_rejected` on a cycle, on an import of a tool that is not there or may not be
   * used, and where two versions of one tool would meet that cannot be kept apart.
   */
  save(tool: NewTool): Promise<ToolVersion>
  setState(name: string, version: number, state: ToolState, reason: string): Promise<void>
  /** Rejects with `tool_rejected` where other tools import it (`details.importers`), unless `force`. */
  remove(name: string, options?: { force?: boolean }): Promise<void>
  recordUse(use: ToolUse): Promise<void>
  ledger(name: string): Promise<LedgerSummary>
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
  /** Writes down that a tool was made of the program. */
  markScript(id: string, tool: string): Promise<void>
}
