import type { AdmissionRecord } from '../../contracts/tool.ts'

/**
 * Of the mutants of the good tools in `test/fixtures/admission`, 89 % and more are killed for each; of the two bad ones whose
 * tests have a hole, 33 and 43 %. A share below this sends the tests back; it never refuses the code by itself.
 */
export const DEFAULT_THRESHOLD = 0.75

/** With fewer mutants one more or less would turn the verdict. */
const LEAST_MUTANTS = 5

export interface MutationVerdict {
  /** `strong`: the tests see enough. `weak`: strengthen them first. `unknown`: too few mutants to say. */
  verdict: 'strong' | 'weak' | 'unknown'
  reason: string
}

/** What the share of killed mutants says of the tests. `threshold` is the least share, from 0 to 1. */
export function mutationVerdict(
  check: { share: number | null; total: number },
  threshold: number = DEFAULT_THRESHOLD,
): MutationVerdict {
  const { share, total } = check
  if (share === null || total < LEAST_MUTANTS) {
    return { verdict: 'unknown', reason: `${total} mutants are too few to judge the tests by` }
  }
  const percent = Math.round(share * 100)
  const reason = `the tests see ${percent} % of ${total} small mistakes; ${Math.round(threshold * 100)} % are asked for`
  return { verdict: share >= threshold ? 'strong' : 'weak', reason }
}

/**
 * Of all mutants, those that may do the same as the tool: studies find 5 to 25 %. More of them stand in code that no input
 * reaches, such as a branch for the data of one request, and that is held against the tests.
 */
const ALIKE_SHARE = 0.25

/** The verdict on recorded mutants. A record of before `alike` was written gets the benefit of the doubt. */
export function verdictOf(
  { tried, survived, alike = survived }: NonNullable<AdmissionRecord['mutants']>,
  threshold?: number,
): MutationVerdict {
  const total = tried - Math.min(alike, Math.floor(ALIKE_SHARE * tried))
  return mutationVerdict({ total, share: total === 0 ? null : (tried - survived) / total }, threshold)
}
