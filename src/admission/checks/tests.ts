import type { TestFinding } from '../../domain/admission/finding.ts'
import { withSignal, type Check } from '../check.ts'

/** Its own tests, each in a fresh sandbox. */
export const testsCheck: Check = {
  name: 'tests',
  executes: true,
  skip: ({ subject }) => (subject.tests.length === 0 ? 'nothing-to-check' : null),
  async run(context) {
    const { sandbox, subject, means } = context
    const { tool, tests } = subject
    const results = await means.runTests({ sandbox, subject: tool, tests, ...withSignal(context) })
    const findings = results.flatMap(({ test, failure, undecided }): TestFinding[] => {
      if (failure === null) return []
      // Nobody writes code again because a machine was busy.
      return [{ check: 'tests', code: undecided ? 'undecided' : 'failed', test: test.name, failure }]
    })
    return { findings, facts: { testsPassed: results.length - findings.length } }
  },
}
