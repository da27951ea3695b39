import { compareValues } from '../../src/domain/compare/compare-values.ts'
import type { CompareValues } from '../../src/admission/subject.ts'

/** As the agent compares values. */
export const compare: CompareValues = compareValues

/** As handaxe runs tests: one sandbox for each, the comparison on the host. */
export { runTests } from '../../src/app/run-tests.ts'
