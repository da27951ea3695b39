import { isDeepStrictEqual } from 'node:util'
import type { RegressionFinding } from '../../domain/admission/finding.ts'
import type { ReplayedCall } from '../../domain/admission/report.ts'
import { withSignal, type Check } from '../check.ts'
import { replayCalls, retryFailures } from '../regression/replay-calls.ts'

/**
 * Does it hold what the version held that it is to take the place of? It must not fail where that one failed, has to pass that
 * one's tests and to give its past values. Each is an execution of its own, compared on the host.
 */
export const regressionCheck: Check = {
  name: 'regression',
  executes: true,
  isOwed: true,
  skip: ({ subject }) => (subject.predecessor === undefined ? 'nothing-to-check' : null),
  async run(context) {
    const { sandbox, subject, means } = context
    const { tool, tests: own, predecessor } = subject
    if (predecessor === undefined) return { findings: [] }
    const { version, calls, failures = [], limits } = predecessor
    const options = { sandbox, successor: tool, ...(limits ? { limits } : {}), ...withSignal(context) }
    const again = await retryFailures(failures, { ...options, tests: own })
    // What its author has to mend first: past values may change with it.
    if (again.length > 0) return { findings: again }
    const tests = predecessor.tests.filter((test) => !own.some((one) => isDeepStrictEqual(one, test)))
    const results = await means.runTests({ sandbox, subject: tool, tests, ...withSignal(context) })
    const replayed = await replayCalls(calls, options)
    const failed = results.flatMap(({ test, failure }): RegressionFinding[] =>
      failure === null ? [] : [{ check: 'regression', code: 'test', version, test: test.name, failure }],
    )
    return {
      findings: [...failed, ...replayed.flatMap(toFinding)],
      facts: { regression: { tests: results, calls: replayed } },
    }
  },
}

function toFinding({ call, difference }: ReplayedCall): RegressionFinding[] {
  if (difference === null) return []
  return [{ check: 'regression', code: 'call', arguments: call.arguments, at: call.at, difference }]
}
