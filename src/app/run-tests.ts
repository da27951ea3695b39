import type { CallOutcome, JudgeOutcome } from '../admission/observation/outcome.ts'
import type { RunTests } from '../admission/subject.ts'
import type { TestResult } from '../domain/admission/report.ts'
import { judgeOutcome, judgeTest, toTestExecution, type TestOutcome } from '../agent/make/judge-test.ts'
import { mapLimited } from '../agent/run/map-limited.ts'
import type { ToolTest } from '../contracts/tool.ts'

/** Sandboxes at a time; what runs beside it wants some too. */
const CONCURRENT_TESTS = 4

/** Runs tests outside of an agent's run, judged as the agent judges them: each in a fresh sandbox, compared on the host. */
export const runTests: RunTests = async ({ sandbox, subject, tests, stopAtFailure = false, signal }) => {
  const run = async (test: ToolTest): Promise<TestResult> => {
    signal?.throwIfAborted()
    const execution = toTestExecution(test, subject)
    const result = await sandbox.execute({ ...execution, ...(signal ? { signal } : {}) })
    signal?.throwIfAborted()
    const { failure, undecided } = judgeTest(test, result, subject)
    return { test, failure, ...(undecided ? { undecided } : {}) }
  }
  if (!stopAtFailure) return mapLimited(tests, CONCURRENT_TESTS, run)
  const results: TestResult[] = []
  for (const test of tests) {
    const result = await run(test)
    results.push(result)
    if (result.failure !== null) break
  }
  return results
}

/** Judges an outcome that was observed by other means than a test's own execution. */
export const judgeCall: JudgeOutcome = (test, outcome, { outputSchema }) =>
  judgeOutcome(test, toTestOutcome(outcome), { outputSchema })

function toTestOutcome(outcome: Exclude<CallOutcome, { kind: 'unknown' }>): TestOutcome {
  if (outcome.kind === 'error') return { ...outcome, traceback: '' }
  return outcome.kind === 'ended' ? { ...outcome, detail: null } : outcome
}
