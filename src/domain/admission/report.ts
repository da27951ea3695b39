import type { JsonObject, JsonValue } from '../../contracts/json.ts'
import type { AdmissionRecord, KeptCall, ToolTest } from '../../contracts/tool.ts'
import type { Twin } from './finding.ts'
import type { AdmissionPolicy, JudgedFinding } from './policy.ts'

export interface TestResult {
  test: ToolTest
  /** Why it failed, in one line; null where it passed. */
  failure: string | null
  /** This machine was too busy to tell, which is no failure of the code; `failure` says so. */
  undecided?: true
}

/** A past call of another version, made again. */
export interface ReplayedCall {
  call: KeptCall
  /** What the new version gives; null where it gives nothing. */
  value: JsonValue
  /** How that is not what the old version gave; null where they agree. */
  difference: string | null
}

/** How a tool stands beside the version that it is to take the place of. */
export interface Regression {
  /** Tests of that version that are not its own as well. */
  tests: TestResult[]
  calls: ReplayedCall[]
}

/**
 * `admit`: keep it, as a candidate if there are doubts. `reuse`: a tool of the library does the same. `strengthen-tests`: the
 * tests cannot tell, whatever the code is worth. `refuse`: the code is at fault.
 */
export type AdmissionDecision = 'admit' | 'reuse' | 'strengthen-tests' | 'refuse'

/** What came of one round of checks. */
export interface AdmissionReport {
  policy: AdmissionPolicy
  decision: AdmissionDecision
  findings: JudgedFinding[]
  /** Inputs that show what the tests do not see, smallest first; never with a result. */
  unseen: JsonObject[]
  tests: { total: number; passed: number }
  twin: Twin | null
  /** Null where it was held against no version. */
  regression: Regression | null
  /** Without what only the caller knows: when it was, and which tests were left out before. */
  record: Omit<AdmissionRecord, 'at' | 'droppedTests'>
}

/** What its checks leave open: why an admitted tool is no more than a candidate. */
export function doubtsOf({ findings }: Pick<AdmissionReport, 'findings'>): JudgedFinding[] {
  return findings.filter(({ effect }) => effect === 'doubt')
}
