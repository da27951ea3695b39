import type { JsonObject } from '../contracts/json.ts'
import type { ToolSpecification } from '../contracts/run.ts'
import type { InputFile, Sandbox } from '../contracts/sandbox.ts'
import type { AdmissionCheck, AdmissionRecord, SkipReason, ToolTest } from '../contracts/tool.ts'
import type { AdmissionFinding, Twin } from '../domain/admission/finding.ts'
import type { Predecessor } from '../domain/admission/predecessor.ts'
import type { Regression } from '../domain/admission/report.ts'
import type { CallOutcome, JudgeOutcome } from './observation/outcome.ts'
import type { ReviewPrompt } from './review/review-tool.ts'
import type { CompareValues, FindJson, RunTests, ToolUnderTest } from './subject.ts'
import type { Neighbour } from './twins/find-twins.ts'

/** What is to be admitted, and what it is held against. */
export interface AdmissionSubject {
  tool: ToolUnderTest
  specification: ToolSpecification
  tests: readonly ToolTest[]
  /** Nearest first; empty where there is none near enough. */
  neighbours: readonly Neighbour[]
  /** Whether a neighbour in another language will do. Default false. */
  otherLanguages?: boolean
  /** The version that it is to take the place of; absent where there is none. */
  predecessor?: Predecessor
  /** Input files that the tests' arguments name, beside those that tests bring. */
  inputs?: readonly InputFile[]
}

/** What checks work with that admission does not know itself. */
export interface AdmissionMeans {
  runTests: RunTests
  compare: CompareValues
  /** Makes planted faults cheaper; see `checkMutants`. */
  judge?: JudgeOutcome
  /** What the library's rules say against the code, a sentence each; null where they were asked already. */
  readCode: (() => string[]) | null
  /** Null where there is to be no review. */
  reviewer: Reviewer | null
}

export interface Reviewer {
  /** As the testers are shown it. */
  specification: string
  /** One call of a model, without memory of the calls before it. */
  ask(prompt: ReviewPrompt): Promise<string>
  findJson: FindJson
}

/** Null: no faults are planted. */
export type MutationBudget = { limit: number; wallMs: number; seed?: number; threshold?: number } | null

/** What the checks found out so far, each for those after it and for the record. */
export interface AdmissionFacts {
  testsPassed: number | null
  regression: Regression | null
  /** Tests that can fail; null where nobody looked. */
  asserting: number | null
  /** True where there are results enough only because properties count. */
  restsOnProperties: boolean
  /** Of the determinism check, in its first environment. */
  observed: { calls: readonly JsonObject[]; outcomes: readonly CallOutcome[] } | null
  repeatedCalls: number | null
  mutants: AdmissionRecord['mutants']
  neighbours: AdmissionRecord['neighbours']
  twin: Twin | null
  review: AdmissionRecord['review']
}

export interface CheckContext {
  /** Within the budget, unless the check is owed. Every execution is counted. */
  sandbox: Sandbox
  subject: AdmissionSubject
  means: AdmissionMeans
  /** Executions that may still be made. */
  remainingExecutions: number
  mutants: MutationBudget
  facts: Readonly<AdmissionFacts>
  signal?: AbortSignal
}

export interface CheckVerdict {
  /** Empty where nothing is to be said. */
  findings: AdmissionFinding[]
  facts?: Partial<AdmissionFacts>
  /** Inputs that show what the tests do not see, smallest first: for who strengthens them. Without any result. */
  unseen?: JsonObject[]
  /** Why the budget ended it early; what it found by then counts. */
  stopped?: string | null
}

/**
 * One thing that is asked of a tool. It says what it found, as data, and never what follows from it: that is the policy's. It
 * rejects where the sandbox cannot execute, with the signal's reason, and with `SpendingSpent` where the budget is spent.
 */
export interface Check {
  name: AdmissionCheck
  /** False where it is made also when no execution is left. */
  executes: boolean
  /** True where it is made whatever the budget says: others rely on what it asks. Default false. */
  isOwed?: boolean
  /** Why there is nothing to do; null where there is. */
  skip(context: CheckContext): Extract<SkipReason, 'not-asked' | 'nothing-to-check'> | null
  run(context: CheckContext): Promise<CheckVerdict>
}

/** Of the checks that hand their signal on. */
export function withSignal({ signal }: Pick<CheckContext, 'signal'>): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}
