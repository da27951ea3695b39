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
