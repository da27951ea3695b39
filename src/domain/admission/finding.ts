import type { JsonObject } from '../../contracts/json.ts'
import type { ToolModule } from '../../contracts/sandbox.ts'
import type { AdmissionCheck, AdmissionRecord } from '../../contracts/tool.ts'

/** What an outcome may depend on besides the arguments. */
export type Source =
  | 'clock'
  | 'time-zone'
  | 'randomness'
  | 'folder'
  | 'input-files'
  | 'environment'
  | 'earlier-calls'
  | 'hash-order'

export const REVIEW_FAULTS = ['wrong', 'docstring', 'single-use', 'unsafe', 'hidden'] as const

export type StaticFinding =
  /** `problem` is a sentence of the library's rules for code, of which each knows best what it means. */
  { check: 'static'; code: 'problem'; problem: string }

export interface HiddenCharacterFinding {
  check: 'hidden-characters'
  code: 'hidden'
  /** From 1. */
  line: number
  /** As `U+202E`. */
  character: string
}

export interface TestFinding {
  check: 'tests'
  /** `undecided`: this machine was too busy to tell. */
  code: 'failed' | 'undecided'
  test: string
  failure: string
}

export type RegressionFinding = { check: 'regression' } & (
  | { code: 'test'; version: number; test: string; failure: string }
  | { code: 'call'; arguments: JsonObject; at: string; difference: string }
  /** With arguments that the version before it failed for. `misfit`: it gives a value, of another type than declared. */
  | { code: 'still-fails'; arguments: JsonObject; problem: string; misfit: boolean }
)

/** `tests` are the names of those that it is about; empty where it is about what is missing. */
export type TestQualityFinding = { check: 'test-quality'; tests: string[] } &
  /** `cannot-be-false`: its text says so. `holds-for-stubs`: it holds for tools that do nothing. */
  (
    | { code: 'asserts-nothing'; because: 'cannot-be-false' | 'holds-for-stubs' }
    /** The first of the tests is the one that the others repeat. */
    | { code: 'duplicate' }
    /** The same arguments, another expected value. */
    | { code: 'contradiction' }
    /** What is expected is always this argument. */
    | { code: 'echo'; parameter: string }
    | { code: 'same-expected'; expected: string }
    | { code: 'few-examples'; results: number; needed: number }
    /** There are results enough only because properties count, and planted faults do not show that these see any. */
    | { code: 'unproven-properties'; seen: number; planted: number }
    | { code: 'no-edge-case'; ofFiles: boolean }
    | { code: 'no-error-case' }
    /** No test can fail. */
    | { code: 'untested' }
  )

export type DeterminismFinding = { check: 'determinism' } & (
  | { code: 'unsteady'; arguments: JsonObject; difference: string; sources: Source[] }
  | { code: 'reads-outside'; kind: 'files' | 'environment'; names: string[] }
  | { code: 'network' | 'processes' | 'evaluation'; names: string[] }
  | { code: 'changes-arguments'; arguments: JsonObject }
  | { code: 'recursion' }
)

export interface HardCodedFinding {
  check: 'hard-coded'
  code: 'looked-up'
}

export interface PlantedFault {
  /** Of the code, from 1. */
  line: number
  before: string
  after: string
}

export type MutationFinding = { check: 'mutation' } & (
  | {
      code: 'weak'
      record: NonNullable<AdmissionRecord['mutants']>
      /** The least share that has to be seen, where it is not the usual one. */
      threshold?: number
      unseen: PlantedFault[]
    }
  /** It passed its tests a moment ago and fails one now, or its code cannot be changed in any way. */
  | { code: 'unsteady'; problem: string }
)

export type TwinFinding = { check: 'twins'; name: string; version: number } & (
  | { code: 'twin'; reason: string }
  /** It passes the same tests and does something else with these arguments. */
  | { code: 'not-told-apart'; arguments: JsonObject | null }
)

export interface ReviewFinding {
  check: 'review'
  code: (typeof REVIEW_FAULTS)[number]
  line: number | null
  text: string
}

/** Its budget ended a check before it could tell. */
export interface UnfinishedFinding {
  check: AdmissionCheck
  code: 'not-finished'
  reason: string
}

/** What a check has against a tool, as data: `describeFinding` makes the sentence. */
export type AdmissionFinding =
  | StaticFinding
  | HiddenCharacterFinding
  | TestFinding
  | RegressionFinding
  | TestQualityFinding
  | DeterminismFinding
  | HardCodedFinding
  | MutationFinding
  | TwinFinding
  | ReviewFinding
  | UnfinishedFinding

/** A tool of the library that does what is to be kept. */
export interface Twin {
  name: string
  version: number
  reason: string
  /** Parameters of the specification under which the twin has them, where the names differ. */
  renamed: { from: string; to: string }[]
  /** The modules for a program that imports it under the specified name; empty where it is written in another language. */
  modules: ToolModule[]
}
