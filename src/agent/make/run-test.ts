import type { ToolTest } from '../../contracts/tool.ts'
import { executeSteadily, type Execute } from '../../domain/failures/execute-steadily.ts'
import { turnstileOf } from '../../domain/failures/turnstile.ts'
import { executeCode } from '../run/execute-code.ts'
import { mapLimited } from '../run/map-limited.ts'
import type { RunContext } from '../run/run-context.ts'
import { untilAborted } from '../run/until-aborted.ts'
import { judgeTest, toTestExecution, type TestOutcome, type TestSubject } from './judge-test.ts'

export interface TestReport {
  test: ToolTest
  outcome: TestOutcome
  /** Null where the test passed. */
  failure: string | null
  /** The machine was too busy to tell: neither passed nor failed. `failure` says so. */
  undecided: boolean
}

/** True where the code is at fault. */
export function failed({ failure, undecided }: TestReport): boolean {
  return failure !== null && !undecided
}

/** Sandboxes at a time; steps and runs beside it want some too. */
const CONCURRENT_TESTS = 4

/**
 * Runs tests, each in a sandbox of its own; one that the machine ended runs again alone. The expected values stay here: the
 * host compares.
 */
export async function runTests(
  context: RunContext,
  { stepId, tests, subject }: { stepId: string; tests: readonly ToolTest[]; subject: TestSubject },
): Promise<TestReport[]> {
  if (tests.length === 0) return []
  const turnstile = turnstileOf(await untilAborted(context.sandbox(), context.signal))
  const execute = executeSteadily(
    (execution) => executeCode(context, { stepId, purpose: 'test', execution }),
    turnstile,
  )
  return mapLimited(tests, CONCURRENT_TESTS, (test) => runTest(context, { stepId, test, subject, execute }))
}

async function runTest(
  context: RunContext,
  { stepId, test, subject, execute }: { stepId: string; test: ToolTest; subject: TestSubject; execute: Execute },
): Promise<TestReport> {
  const startedAt = context.clock()
  const result = await execute(toTestExecution(test, subject))
  const { outcome, failure, undecided } = judgeTest(test, result, subject)
  const wallMs = context.clock() - startedAt
  context.events.emit(
    failure === null
      ? { type: 'test-passed', stepId, test: test.name, wallMs }
      : {
          type: 'test-failed',
          stepId,
          test: test.name,
          reason: failure,
          wallMs,
          ...(undecided ? { undecided: true as const } : {}),
        },
  )
  return { test, outcome, failure, undecided }
}
