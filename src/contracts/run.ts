import type { ErrorCode } from './errors.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { Budget } from './limits.ts'
import type { Artifact, InputFile, ToolLanguage } from './sandbox.ts'

/** What the user asks, with files. */
export interface Request {
  text: string
  files: Extract<InputFile, { path: string }>[]
}

export type MakePolicy = 'auto' | 'always' | 'never'

/**
 * How much is asked of a tool before it is kept. `standard`: one review by the fast tier, and a few planted faults. `thorough`:
 * a second call works out the expected values as well, the review is by the strong tier, more faults are planted.
 */
export type AdmissionDepth = 'standard' | 'thorough'

export interface RunOptions {
  budget?: Partial<Budget>
  /** When a tool is made: `auto` leaves it to the planner. */
  make?: MakePolicy
  /** Default `standard`. */
  admission?: AdmissionDepth
  /** False: tools made by this run are not kept. Default true. */
  save?: boolean
  /**
   * False: tools made by this run keep nothing of the requests that they were made for: their data are no tests, their words
   * stand nowhere in them. Default true.
   */
  keepRequests?: boolean
  signal?: AbortSignal
}

/** `running` in the journal of a process that is gone means that it was interrupted. */
export type RunStatus = 'running' | 'succeeded' | 'failed' | 'cancelled' | 'budget-exceeded'

export interface RunUsage {
  calls: number
  inputTokens: number
  outputTokens: number
  tokens: number
  costUsd: number
  /** False where the price of a model that was called is not known: `costUsd` is then too low. */
  costKnown: boolean
  /** True where a provider did not report all tokens: what is missing is an estimate by length. Absent in older records. */
  estimated?: boolean
  executions: number
  wallMs: number
}

export interface StepOutcome {
  id: string
  decision: 'reuse' | 'make' | 'script'
  tool: { name: string; version: number } | null
  value: JsonValue | null
  succeeded: boolean
}

export interface RunResult {
  runId: string
  status: Exclude<RunStatus, 'running'>
  /** Null where the run ended without one. */
  answer: string | null
  steps: StepOutcome[]
  artifacts: Artifact[]
  /** Tools that this run wrote, and tools that it found in the library, by name and version. */
  made: { name: string; version: number; saved: boolean }[]
  reused: { name: string; version: number }[]
  usage: RunUsage
  error: { code: ErrorCode; message: string; hint: string | null } | null
}

/** In a record, in place of a large value: which file in the run's folder `values` holds it (`HASH.json`). */
export interface StoredValue {
  $stored: {
    /** SHA-256 of the file. */
    hash: string
    bytes: number
    mediaType: string
  }
}

/** What tells a process from all others that ever had its id. */
export interface RunOwner {
  bootId: string
  pidNamespace: string
  /** When it started, in clock ticks since the machine did. */
  startTicks: string
}

export interface RunRecord {
  runId: string
  request: string
  files: string[]
  status: RunStatus
  /** ISO 8601. */
  startedAt: string
  finishedAt: string | null
  /** Of the process that runs it: tells an interrupted run from a living one. */
  processId: number
  host: string
  /** Absent in older records, null where the system does not say. */
  owner?: RunOwner | null
  result: RunResult | null
}

/** What inspection found in one input file. Everything here is untrusted text from the file. */
export interface InspectedFile {
  name: string
  bytes: number
  kind: 'table' | 'json' | 'text' | 'image' | 'binary' | 'empty'
  mediaType: string
  encoding: string | null
  /** For a table. `rows` counts the data rows without the header. */
  table: {
    delimiter: string
    rows: number
    /** There are more rows than were counted. */
    rowsAtLeast?: boolean
    /** How many there are, where only the first are listed. */
    columnCount?: number
    columns: {
      name: string
      type: 'number' | 'integer' | 'date' | 'boolean' | 'text' | 'empty'
      missing: number
      examples: string[]
    }[]
  } | null
  /** The first lines, bounded. */
  head: string
  /**
   * What is inside of a workbook, an archive, a database, JSON or a document, a line for each column, member or key; bounded.
   * Absent where the rest says all.
   */
  outline?: string
  /** What a person should know: a byte order mark, bad bytes that were replaced, a name that does not fit the content. */
  notes: string[]
}

/** A bounded account of one execution: what the model is shown. */
export interface Observation {
  stepId: string
  status: string
  /** The value as JSON text, cut in the middle where it is long. */
  value: string | null
  stdout: string
  stderr: string
  error: string | null
  artifacts: string[]
  /** What a reader of the value should know. */
  notes?: string[]
  /** Why a good status does not look like a good result: empty, NaN, another type than declared. */
  surprises: string[]
}

export interface ParameterSpecification {
  name: string
  /** A Python or TypeScript type, as the language writes it. */
  type: string
  description: string
  required: boolean
  default?: JsonValue
}

/** What a tool is to be, before anyone has written it. */
export interface ToolSpecification {
  name: string
  language: ToolLanguage
  description: string
  whenToUse: string
  parameters: ParameterSpecification[]
  returns: { type: string; description: string }
  /** Cases that must hold, with arguments written out. */
  examples: { arguments: JsonObject; expected: JsonValue }[]
  exampleRequests: string[]
}
