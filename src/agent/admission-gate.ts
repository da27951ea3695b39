import type { JsonObject } from '../contracts/json.ts'
import type { AdmissionDepth, ToolSpecification } from '../contracts/run.ts'
import type { Sandbox, ToolModule } from '../contracts/sandbox.ts'
import type { AdmissionRecord, ToolNeeds, ToolSignature, ToolTest, ToolVersion } from '../contracts/tool.ts'

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

export interface AdmissionSubject extends Surroundings {
  tool: CheckedCode
  depth: AdmissionDepth
  /** Whether a tool of another language may take its place: no program of the plan imports it. */
  otherLanguages: boolean
  /** The specification as testers are shown it. */
  specificationText: string
  /** One call of a reviewer; null where there is to be none. */
  askReviewer: ((prompt: { instructions: string; content: string }) => Promise<string>) | null
  /** Executions that the checks may use. */
  executions: number
  /** False where the tests were strengthened already: that they are weak is then only written down. */
  mayStrengthen: boolean
  /** What was decided on the same code with fewer tests. */
  earlier: AdmissionDecision | null
}

/** A tool of the library that does what is to be made. */
export interface Twin {
  name: string
  version: number
  reason: string
  /** Parameters of the specification under which the twin has them, where the names differ. */
  renamed: { from: string; to: string }[]
  /** The modules for a program that imports it under the specified name; empty where it is written in another language. */
  modules: ToolModule[]
}

export interface AdmissionDecision {
  /** `strengthen-tests`: they cannot tell whatever the code is worth. `refuse`: the code is at fault. */
  decision: 'admit' | 'reuse' | 'strengthen-tests' | 'refuse'
  findings: { check: string; code: string; message: string }[]
  /** Inputs that show what the tests do not see; never with a result. */
  unseen: JsonObject[]
  twin: Twin | null
  record: Pick<AdmissionRecord, 'mutants' | 'repeatedCalls' | 'review' | 'neighbours' | 'stopped'>
  /** The gate's own account, for `earlier`. */
  account: unknown
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
  decide(subject: AdmissionSubject): Promise<AdmissionDecision>
}
