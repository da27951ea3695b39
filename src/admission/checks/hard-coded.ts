import type { Check } from '../check.ts'
import { answersOnlyTests } from '../tests/answers-only-tests.ts'

/** Does it know the values of its tests and no others? Looks at what the determinism check has seen. */
export const hardCodedCheck: Check = {
  name: 'hard-coded',
  executes: false,
  skip: ({ facts }) => (facts.observed === null ? 'nothing-to-check' : null),
  run({ subject, facts }) {
    const { tool, tests } = subject
    const { observed } = facts
    const isLookedUp = observed !== null && answersOnlyTests(tool.signature.inputSchema, { tests, ...observed })
    return Promise.resolve({ findings: isLookedUp ? [{ check: 'hard-coded', code: 'looked-up' }] : [] })
  },
}
