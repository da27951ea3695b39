import type { ToolTest } from '../../contracts/tool.ts'
import { executeCode } from '../run/execute-code.ts'
import type { RunContext } from '../run/run-context.ts'
import { judgeTest, toTestExecution, type TestOutcome, type TestSubject } from './judge-test.ts'

export interface TestReport {
  test: ToolTest
  outcome: TestOutcome
  /** Null where the test passed. */
  failure: string | null
}

/** Runs one test in a sandbox of its own. The expected value stays here: the host compares. */
export async function runTest(
  context: RunContext,
  { stepId, test, subject }: { stepId: string; test: ToolTest; subject: TestSubject },
): Promise<TestReport> {
  const startedAt = context.clock()
  const execution = toTestExecution(test, subject)
  const result = await executeCode(context, { stepId, purpose: 'test', execution })
  const { outcome, failure } = judgeTest(test, result, subject)
  const wallMs = context.clock() - startedAt
  context.events.emit(
    failure === null
      ? { type: 'test-passed', stepId, test: test.name, wallMs }
      : { type: 'test-failed', stepId, test: test.name, reason: failure, wallMs },
  )
  return { test, outcome, failure }
}
