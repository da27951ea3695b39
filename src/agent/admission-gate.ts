import type { AdmissionDepth, ToolSpecification } from '../contracts/run.ts'
import type { Sandbox, ToolModule } from '../contracts/sandbox.ts'
import type { AdmissionCheck, ToolNeeds, ToolSignature, ToolTest, ToolVersion } from '../contracts/tool.ts'
import type { Twin } from '../domain/admission/finding.ts'
import type { Predecessor } from '../domain/admission/predecessor.ts'
import type { AdmissionPolicy } from '../domain/admission/policy.ts'
import type { AdmissionReport } from '../domain/admission/report.ts'
import type { SpendingLimit } from '../domain/failures/spending-limit.ts'
import type { Turnstile } from '../domain/failures/turnstile.ts'

/** A tool's code with what is needed to run it. */
export interface CheckedCode {
  code: string
  signature: ToolSignature
  /** What it imports. */
  tools: ToolModule[]
  /** What its executions get. */
  needs?: ToolNeeds
}

interface Surroundings {
  /** Where model-written code may run: within the run's budget. */
  sandbox: Sandbox
  specification: ToolSpecification
  tests: readonly ToolTest[]
  /** Tools of the library that resemble the specification, nearest first, each with what it imports. */
  neighbours: readonly { version: ToolVersion; tools: ToolModule[] }[]
  signal: AbortSignal
}

export interface AdmissionRequest extends Surroundings {
  policy: Extract<AdmissionPolicy, 'made' | 'repaired'>
  /** Read, checked as text, and passed by its tests already. */
  tool: CheckedCode
  /** Of the sandbox. */
  turnstile: Turnstile
  /** The account that pays for the executions. */
  spending: SpendingLimit
  /** The version that it is to take the place of; absent where there is none. */
  predecessor?: Predecessor
  depth: AdmissionDepth
  /** Whether a tool of another language may take its place: no program of the plan imports it. */
  otherLanguages: boolean
  /** The specification as testers are shown it. */
  specificationText: string
  /** One call of a reviewer; null where there is to be none. */
  askReviewer: ((prompt: { instructions: string; content: string }) => Promise<string>) | null
  /** False where the tests were strengthened already: that they are weak is then a doubt. */
  mayStrengthen: boolean
  /** What the caller has checked itself, on this code and these tests. */
  passed: readonly AdmissionCheck[]
  /** What was found about the same code with fewer tests. */
  earlier: AdmissionReport | null
}

/** Decides what may be kept. The agent orders it and does the model calls; what is checked, and how, is its own business. */
export interface AdmissionGate {
  /** Tests whose expectation a second call worked out as well: those on which both disagree are dropped. */
  reconcile(
    first: readonly ToolTest[],
    second: readonly ToolTest[],
    specification: ToolSpecification,
  ): { tests: ToolTest[]; dropped: { name: string; reason: string }[] }
  /**
   * Before there is code: a tool of the library that passes the tests, where these would see mistakes in it. `threshold`: the
   * share of them that they have to see, where it is not the gate's own.
   */
  findReady(subject: Surroundings & { threshold?: number }): Promise<Twin | null>
  admit(request: AdmissionRequest): Promise<AdmissionReport>
}
