import type { TestQualityFinding } from '../../domain/admission/finding.ts'
import { withSignal, type Check } from '../check.ts'
import { checkTests } from '../tests/check-tests.ts'
import { findVacuousProperties } from '../tests/find-vacuous-properties.ts'

/** Would a wrong tool fail the tests? Properties are tried on tools that do nothing. */
export const testQualityCheck: Check = {
  name: 'test-quality',
  executes: true,
  skip: () => null,
  async run(context) {
    const { sandbox, subject, means } = context
    const { tool, specification, tests } = subject
    const { signature, needs } = tool
    const check = 'test-quality'
    const { worthless, problems, restsOnProperties } = checkTests(tests, specification)
    const vacuous = await findVacuousProperties({
      sandbox,
      signature,
      tests,
      runTests: means.runTests,
      ...(needs ? { needs } : {}),
      ...withSignal(context),
    })
    const holding = vacuous.filter((name) => !worthless.includes(name))
    const empty = new Set([...worthless, ...vacuous])
    const asserting = tests.filter(({ name }) => !empty.has(name)).length
    const untested: TestQualityFinding[] = asserting === 0 ? [{ check, code: 'untested', tests: [] }] : []
    // Of no tests at all nothing else is worth saying.
    if (tests.length === 0) return { findings: untested, facts: { asserting, restsOnProperties } }
    const found = holding.map((name): TestQualityFinding => {
      return { check, code: 'asserts-nothing', tests: [name], because: 'holds-for-stubs' }
    })
    return { findings: [...problems, ...found, ...untested], facts: { asserting, restsOnProperties } }
  },
}
