import type { JsonObject, JsonSchema, JsonValue } from './json.ts'
import type { ToolLanguage } from './sandbox.ts'

export type ToolState = 'candidate' | 'verified' | 'trusted' | 'quarantined' | 'retired'

/** What is read from the code's signature and docstring, inside the sandbox. */
export interface ToolSignature {
  /** snake_case; the name of the function in Python, of the `tool` record in JavaScript. */
  name: string
  /** The name of the function in the code. */
  function: string
  language: ToolLanguage
  /** First line of the docstring. */
  summary: string
  /** The whole docstring without the parts on arguments, result and errors. */
  description: string
  inputSchema: JsonSchema
  outputSchema: JsonSchema
  /** Packages imported, by top-level name, standard library included. */
  imports: string[]
  /** Names imported from `tools`. */
  uses: string[]
}

/**
 * One test of a tool. `expected` never enters the sandbox: the host compares.
 * Numbers agree within `tolerance` (relative, and absolute near zero), nested ones too.
 */
export type ToolTest =
  | { name: string; kind: 'example'; arguments: JsonObject; expected: JsonValue; tolerance?: number }
  | { name: string; kind: 'error'; arguments: JsonObject; raises?: string }
  /** A program in the tool's language that imports the tool from `tools` and gives `result(true)` if the property holds. */
  | { name: string; kind: 'property'; program: string }

export interface Provenance {
  runId: string | null
  model: string | null
  /** ISO 8601. */
  createdAt: string
  source: 'made' | 'imported' | 'edited'
  /** The request that it was made for. */
  request: string | null
  repairs: number
  /** What writing it cost. */
  tokens: number
  costUsd: number | null
}

export interface ToolVersion extends ToolSignature {
  /** Counts from 1 for each name. */
  version: number
  code: string
  /** sha256 of the code, hexadecimal. */
  codeHash: string
  whenToUse: string
  /** Requests that it would answer, in the words of users; indexed for search. */
  exampleRequests: string[]
  tests: ToolTest[]
  /** The versions that `uses` was resolved to when it was saved. */
  pins: { name: string; version: number }[]
  provenance: Provenance
  state: ToolState
  stateReason: string
}

/** What saving needs; the library gives the rest. */
export type NewTool = Omit<ToolVersion, 'version' | 'codeHash' | 'pins' | 'state' | 'stateReason'> & {
  state?: ToolState
  stateReason?: string
}

export type UseOutcome = 'success' | 'failure'

/** One use of a tool by a run, as the ledger keeps it. */
export interface ToolUse {
  name: string
  version: number
  runId: string | null
  at: string
  outcome: UseOutcome
  /** `ExecutionStatus`, or why the value was not accepted. */
  cause: string
  wallMs: number
  /** True where the tool existed before the run: nothing was written. */
  reused: boolean
  /** Estimate: tokens of writing it, less those of this use; 0 where it was just made. */
  tokensSaved: number
}

export interface LedgerSummary {
  uses: number
  successes: number
  failures: number
  reuses: number
  tokensSaved: number
  wallMs: number
  lastUsedAt: string | null
}

/** What the planner is shown of a tool. */
export interface ToolCandidate {
  tool: ToolVersion
  /** Higher is better; only comparable within one search. */
  score: number
}

export interface ToolSummary {
  name: string
  version: number
  language: ToolLanguage
  summary: string
  state: ToolState
  createdAt: string
  ledger: LedgerSummary
}
