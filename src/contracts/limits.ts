const MIB = 1024 * 1024

/** Bounds of one execution in the sandbox. Every one is enforced from outside the code. */
export interface Limits {
  /** Memory of all processes of the execution together, with its temporary files. */
  memoryBytes: number
  /** CPU time of all processes of the execution together. */
  cpuMs: number
  /** Time from the hand-over of the code to its end. */
  wallMs: number
  /** Processes and threads that may exist at one time. */
  processes: number
  /** Bytes of stdout, and again of stderr, after which the program is ended (`output-limit`). */
  outputBytes: number
  /** How much of each of stdout and stderr is kept: half of it as head, half as tail. */
  capturedBytes: number
  /** Bytes of the returned value as JSON. */
  valueBytes: number
  /** Bytes in the output folder. The file system there is no larger. */
  artifactBytes: number
  artifactCount: number
  /** Bytes of the other writable files (`/tmp`, `/box`); they count as memory too. */
  temporaryBytes: number
  openFiles: number
  /** Calls of host functions. */
  hostCalls: number
  /** Calls of host functions that may be under way at one time; further ones wait inside. */
  hostCallsInFlight: number
  /** Bytes of all calls of host functions together, with names and arguments as JSON. */
  hostInputBytes: number
  /** Bytes of all that host functions return, together, as JSON. */
  hostOutputBytes: number
}

export const DEFAULT_LIMITS: Readonly<Limits> = Object.freeze({
  memoryBytes: 512 * MIB,
  cpuMs: 30_000,
  wallMs: 30_000,
  processes: 64,
  outputBytes: 8 * MIB,
  capturedBytes: 64 * 1024,
  valueBytes: 8 * MIB,
  artifactBytes: 64 * MIB,
  artifactCount: 256,
  temporaryBytes: 128 * MIB,
  openFiles: 256,
  hostCalls: 256,
  hostCallsInFlight: 32,
  hostInputBytes: MIB,
  hostOutputBytes: 4 * MIB,
})

/** What the checks of one tool may use of a run, from the search for a ready one to the planted faults, with all repairs. */
export interface AdmissionBudget {
  executions: number
  /** Time in which a check was executing something. */
  wallMs: number
}

/** A usual tool takes 40 to 60 executions and 5 to 20 seconds; one that hangs on many inputs would take hundreds. */
export const DEFAULT_ADMISSION_BUDGET: Readonly<AdmissionBudget> = Object.freeze({ executions: 150, wallMs: 60_000 })

/**
 * Bounds of one run. A run that meets one ends with what it has so far and the code of that bound. What an attempt may use is
 * set aside before it begins, so that attempts at the same time cannot pass a bound together. Only what one attempt cannot
 * know can go beyond: a prompt that has more tokens than its length says, a bill of a model whose price is not known.
 */
export interface Budget {
  modelCalls: number
  /** Input and output tokens of all model calls together, failed attempts included. */
  tokens: number
  /** US dollars. A model without a known price counts as nothing here, and the result says so (`costKnown`). */
  costUsd: number
  wallMs: number
  executions: number
}

export const DEFAULT_BUDGET: Readonly<Budget> = Object.freeze({
  modelCalls: 40,
  tokens: 1_000_000,
  costUsd: 5,
  wallMs: 15 * 60_000,
  executions: 400,
})
