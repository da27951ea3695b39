import type { JsonObject, JsonSchema, JsonValue } from './json.ts'
import type { HostRule } from './network.ts'
import type { ToolLanguage } from './sandbox.ts'

export type ToolState = 'candidate' | 'verified' | 'trusted' | 'quarantined' | 'retired'

/** States in which a version is found by search, planned with and imported. */
export const USABLE_STATES: readonly ToolState[] = Object.freeze(['verified', 'trusted'])

/** Who changed something: a person by a command, or handaxe by its rules. */
export type ChangeAuthor = 'person' | 'handaxe'

/** One line of a tool's history. */
export interface ToolChange {
  /** ISO 8601. */
  at: string
  /** `current`: this version became the one that the name alone means. */
  kind: 'state' | 'current' | 'pinned' | 'unpinned' | 'disabled' | 'enabled' | 'annotated'
  /** The version that it is about; where it is about the whole tool, the one that was current then. */
  version: number
  /** The state of that version afterwards. */
  state: ToolState
  reason: string
  by: ChangeAuthor
}

/** A tool without its code: what was decided about it and about each of its versions. */
export interface ToolRecord {
  name: string
  /** The newest usable version, or the newest where none is usable; the pinned one where one is pinned. */
  currentVersion: number
  /** While one is pinned, no state of the tool and not its current version change by themselves. */
  pinnedVersion: number | null
  /** A disabled tool is found by nobody, whatever the states of its versions. */
  disabled: boolean
  /** What a person noted; empty where nobody did. */
  annotation: string
  /** Oldest first. */
  versions: {
    version: number
    state: ToolState
    stateReason: string
    createdAt: string
    /** True where it was verified or trusted at some time. */
    wasUsable: boolean
  }[]
}

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

/** Small input files of a test, by name: text that its execution finds in the input folder. */
export type TestFiles = Readonly<Record<string, string>>

/**
 * One test of a tool. `expected` never enters the sandbox: the host compares.
 * Numbers agree within `tolerance` (relative, and absolute near zero), nested ones too.
 */
export type ToolTest =
  | {
      name: string
      kind: 'example'
      arguments: JsonObject
      expected: JsonValue
      tolerance?: number
      /** Arguments and value of a real request: they may hold what a user's files hold, and are left out of exports on demand. */
      fromRequest?: true
      files?: TestFiles
    }
  | { name: string; kind: 'error'; arguments: JsonObject; raises?: string; files?: TestFiles }
  /** A program in the tool's language that imports the tool from `tools` and gives `result(true)` if the property holds. */
  | { name: string; kind: 'property'; program: string; files?: TestFiles }

export interface Provenance {
  runId: string | null
  model: string | null
  /** ISO 8601. */
  createdAt: string
  source: 'made' | 'imported' | 'edited'
  /** The request that it was made for. */
  request: string | null
  /** Those of earlier programs that it was made of as well, as they stand in `exampleRequests`. */
  earlierRequests?: string[]
  repairs: number
  /** What writing it cost. */
  tokens: number
  costUsd: number | null
}

/** What a version needs of the sandbox beside its language. A person can read it, and the sandbox gives nothing more. */
export interface ToolNeeds {
  /** Packages outside the standard library, by import name. */
  packages: string[]
  /** Name of the package environment that has them; null: the sandbox's own. */
  environment: string | null
  /** What it may reach; empty: nothing. */
  network: HostRule[]
  /** Names of the host functions that it calls. */
  hostFunctions: string[]
}

export const NO_NEEDS: Readonly<ToolNeeds> = Object.freeze({
  packages: [],
  environment: null,
  network: [],
  hostFunctions: [],
})

/** What is asked of a tool before it is kept, in the order in which it is asked: the cheapest first. */
export const ADMISSION_CHECKS = [
  /** Its code as text: what the library's rules for code say. */
  'static',
  /** Characters in its code that a reader does not see. */
  'hidden-characters',
  'tests',
  /** The tests and the past calls of the version that it is to take the place of. */
  'regression',
  /** Whether a wrong tool would fail its tests. */
  'test-quality',
  /** The same calls in two environments. */
  'determinism',
  /** Whether it knows the values of its tests and no others. */
  'hard-coded',
  /** Small faults planted into its code: do its tests see them? */
  'mutation',
  /** Tools of the library that do the same. */
  'twins',
  /** A model that reads specification and code. */
  'review',
] as const

export type AdmissionCheck = (typeof ADMISSION_CHECKS)[number]

/**
 * `evidence`: it was made on this very code before. `not-asked`: who asked for the admission gave it nothing to work with, such
 * as no reviewer. `nothing-to-check`: no neighbours, no older version, no test that asserts anything. `spent`: its budget was.
 * `refused-before`: an earlier check had refused.
 */
export type SkipReason = 'evidence' | 'not-asked' | 'nothing-to-check' | 'spent' | 'refused-before'

/** What one check cost and gave, summed over all versions of the code and all rounds of one admission. */
export interface CheckYield {
  check: AdmissionCheck
  /** How often it was made. */
  ran: number
  /** Of these, how often the admission ended with it. */
  refused: number
  /** Of these, how often it found something without ending the admission. */
  noted: number
  /** Of these, how often the budget ended it. */
  cutShort: number
  skipped: Partial<Record<SkipReason, number>>
  executions: number
  wallMs: number
}

/** What was checked before a version was kept. Null stands for a check that was not made. */
export interface AdmissionRecord {
  /** ISO 8601. */
  at: string
  /**
   * Small faults planted into the code: how many the tests were tried on, how many they did not see, and how many of these
   * did the same as the tool for all inputs that were tried. Older records lack the last.
   */
  mutants: { tried: number; survived: number; alike?: number } | null
  /** Calls that were made twice, in worlds with another clock, seed and folder. */
  repeatedCalls: number | null
  /** `none`: the reviewer's reply could not be used. */
  review: { verdict: 'accept' | 'reject' | 'none'; model: string | null; reasons: string[] } | null
  /** Tests of the specification that were left out, and why. */
  droppedTests: { name: string; reason: string }[]
  /** Tools of the library that the tests were tried on. */
  neighbours: { name: string; version: number; verdict: string }[]
  /** Why the checks ended before they were through; absent where they were not cut short. */
  stopped?: string
  /** In the order of the checks: one that never refuses anything can be dropped. Absent in older records. */
  checks?: CheckYield[]
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
  needs: ToolNeeds
  /** Null where it was saved without being checked. */
  admission: AdmissionRecord | null
  state: ToolState
  stateReason: string
  /** Of a version that only calls another tool, which does the same and took its place: which one. */
  aliasOf?: { name: string; version: number }
}

/** What saving needs; the library gives the rest. */
export type NewTool = Omit<
  ToolVersion,
  'version' | 'codeHash' | 'pins' | 'state' | 'stateReason' | 'needs' | 'admission'
> & {
  state?: ToolState
  stateReason?: string
  needs?: ToolNeeds
  admission?: AdmissionRecord | null
  /** Versions of imported tools to import in place of the current ones, such as those that it was verified with. */
  pins?: ToolVersion['pins']
  /**
   * The newest version of its name when it was verified; 0 for none. If the library has a newer one by now, which it was not
   * held against, it is saved as a candidate. Absent: nobody looked, and `state` holds.
   */
  heldAgainst?: number
}

export type UseOutcome = 'success' | 'failure'

/**
 * Whose fault a failure is: only the tool's counts against it. `caller`: arguments that it refuses, limits tighter than the
 * defaults. `host`: a busy or incomplete machine. `unknown`: a script that imports it failed, or nobody said.
 */
export type FailureSource = 'tool' | 'caller' | 'host' | 'unknown'

/** One use of a tool by a run, as the ledger keeps it. */
export interface ToolUse {
  name: string
  version: number
  runId: string | null
  at: string
  outcome: UseOutcome
  /** `ExecutionStatus`, or why the value was not accepted. */
  cause: string
  /** Of a failure. Default `unknown`. */
  fault?: FailureSource
  wallMs: number
  /** True where the tool existed before the run: nothing was written. */
  reused: boolean
  /**
   * Tokens that the run would have used without the tool, with a script in the same plan call, less those that it used; 0
   * where it was just made. Less than nothing where a script would have been cheaper.
   */
  tokensSaved: number
  /** The same in US dollars, at the price of the model that planned; null where it is not known. */
  costSavedUsd?: number | null
  /** The bound arguments as they reached the code: what makes two inputs different. Kept only as far as `call` says. */
  inputHash?: string
  /** Kept, bounded, where the user agrees: what a repaired version has to give again. */
  call?: { arguments: JsonObject; value: JsonValue }
}

/** A successful call, kept with the user's consent: what a repaired version has to give again. */
export interface KeptCall {
  inputHash: string
  /** ISO 8601. */
  at: string
  arguments: JsonObject
  value: JsonValue
}

/** A use that failed, as the ledger has it. What it was called with stands in the journal of its run. */
export interface ToolFailure {
  /** Null for a call by hand: nobody knows what it was called with. */
  runId: string | null
  /** ISO 8601. */
  at: string
  cause: string
  fault: FailureSource
}

/** Tokens in and out, which have prices of their own. */
export interface PlanUsage {
  inputTokens: number
  outputTokens: number
}

/** A program that solved one request: the first instance of what may become a tool when a second request resembles it. */
export interface SolvedScript {
  id: string
  runId: string
  /** ISO 8601. */
  at: string
  request: string
  /** The goal of its step. */
  goal: string
  language: ToolLanguage
  code: string
  /** What the program gave. */
  value: JsonValue
  /** Names of the files that it read, with a line on each: columns and rows. */
  files: { name: string; description: string }[]
  /** What writing it cost. */
  tokens: number
  costUsd: number | null
  /** What the whole run had used when its programs had succeeded, before the answer. Absent in older records. */
  planUsage?: PlanUsage
  /** The tool that was made of it. */
  madeInto: string | null
}

export interface ScriptCandidate {
  script: SolvedScript
  /** Higher is better; only comparable within one search. */
  score: number
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

/** What one version cost and gave. */
export interface VersionLedger extends LedgerSummary {
  name: string
  version: number
  state: ToolState
  createdAt: string
  /** Runs that reused it. */
  reusingRuns: number
  /** Different inputs among the successes, as far as their hashes are known. */
  differentInputs: number
  failuresBy: Record<FailureSource, number>
  /** Why it failed, the most frequent first, at most ten. */
  causes: { cause: string; fault: FailureSource; count: number }[]
  /** What writing it cost. */
  madeTokens: number
  madeCostUsd: number | null
  /** Saved by successful reuses; a sum over those whose price is known. */
  costSavedUsd: number
  /** False where the price of some reuse, or of writing it, is not known. */
  costKnown: boolean
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
  disabled: boolean
  pinnedVersion: number | null
  /** What a person noted; empty where nobody did. */
  annotation: string
  /** Higher than `version` where newer ones are not usable, or where one is pinned. */
  newestVersion: number
  ledger: LedgerSummary
}
