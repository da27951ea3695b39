import type { AdmissionSubject } from '../../src/admission/check.ts'
import { runAdmission, type AdmissionOptions } from '../../src/admission/pipeline.ts'
import type { Sandbox } from '../../src/contracts/sandbox.ts'
import type { AdmissionReport } from '../../src/domain/admission/report.ts'
import { SpendingLimit } from '../../src/domain/failures/spending-limit.ts'
import { compare, runTests } from './run-tests.ts'

/** More than any test tool takes. */
export const AMPLE = { executions: 1000, wallMs: 600_000 }

type Given = Partial<Omit<AdmissionOptions, 'sandbox' | 'subject' | 'means' | 'budget'>> & {
  means?: Partial<AdmissionOptions['means']>
  mutants?: AdmissionOptions['budget']['mutants']
  spending?: SpendingLimit
}

/** As handaxe admits a made tool, without a reviewer, and with the means and bounds that a test gives. */
export function admit(
  sandbox: Sandbox,
  subject: Omit<AdmissionSubject, 'neighbours'> & Partial<Pick<AdmissionSubject, 'neighbours'>>,
  { means = {}, mutants = { limit: 12, wallMs: 60_000 }, spending = new SpendingLimit(AMPLE), ...options }: Given = {},
): Promise<AdmissionReport> {
  return runAdmission({
    policy: 'made',
    ...options,
    sandbox,
    subject: { neighbours: [], ...subject },
    means: { runTests, compare, readCode: null, reviewer: null, ...means },
    budget: { spending, mutants },
  })
}
