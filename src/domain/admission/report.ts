import type { JsonObject } from '../../contracts/json.ts'
import type { AdmissionRecord } from '../../contracts/tool.ts'
import type { Twin } from './finding.ts'
import type { AdmissionPolicy, JudgedFinding } from './policy.ts'

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
  /** Without what only the caller knows: when it was, and which tests were left out before. */
  record: Omit<AdmissionRecord, 'at' | 'droppedTests'>
}

/** What its checks leave open: why an admitted tool is no more than a candidate. */
export function doubtsOf({ findings }: Pick<AdmissionReport, 'findings'>): JudgedFinding[] {
  return findings.filter(({ effect }) => effect === 'doubt')
}
