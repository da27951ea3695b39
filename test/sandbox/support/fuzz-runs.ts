import { testSeed } from '../../support/random.ts'
import { FUZZ_CASES } from '../../support/sizes.ts'

/** Three are kept, so that a part of the cases is the same in every run; the last is new, and stands in the title. */
export const SEEDS = [1, 4711, 20_260_101, testSeed()]

/** The share of one seed, for `fc.assert`. */
export function runsOf(seed: number): { numRuns: number; seed: number } {
  return { numRuns: Math.ceil(FUZZ_CASES / SEEDS.length), seed }
}

/** For one seed: some 15 s at full size on a quiet machine. */
export const FUZZ_MS = 300_000
