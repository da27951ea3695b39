import type { JsonObject, JsonValue } from '../contracts/json.ts'
import type { Sandbox, ToolModule } from '../contracts/sandbox.ts'
import type { ToolNeeds, ToolSignature, ToolTest } from '../contracts/tool.ts'
import type { TestResult } from '../domain/admission/report.ts'

/** A tool that is to be kept, or one that it is held against: its code and what is needed to run it. */
export interface ToolUnderTest {
  code: string
  signature: ToolSignature
  /** The tools that it imports, with all that these import. */
  tools: ToolModule[]
  /** What its executions get, and nothing more. Absent: nothing. */
  needs?: ToolNeeds
}

export interface TestRun {
  /** Where the tests are executed, and nowhere else: it may bound them more tightly than the sandbox does by itself. */
  sandbox: Sandbox
  subject: ToolUnderTest
  tests: readonly ToolTest[]
  /** Ends after the first test that fails; what is left of the tests has no result. */
  stopAtFailure?: boolean
  signal?: AbortSignal
}

/**
 * Runs tests in their order, each in a fresh sandbox, with the comparison on the host. Never rejects for what the code did:
 * code that does not load, hangs or dies has failed its test.
 */
export type RunTests = (run: TestRun) => Promise<TestResult[]>

/** Null where the values agree, else the first difference as a short sentence. `tolerance` is relative. */
export type CompareValues = (
  expected: JsonValue,
  actual: JsonValue | undefined,
  options?: { tolerance?: number | undefined },
) => string | null

/** Finds the JSON object of a model's reply; a problem is a sentence for the model. */
export type FindJson = (
  reply: string,
  accepts: (value: JsonObject) => boolean,
) => { value: JsonObject } | { problem: string }
