import { BudgetMeter } from '../../src/agent/run/budget-meter.ts'
import { EventLog } from '../../src/agent/run/event-log.ts'
import type { RunContext } from '../../src/agent/run/run-context.ts'
import { runTest } from '../../src/agent/make/run-test.ts'
import { compareValues } from '../../src/agent/compare/compare-values.ts'
import type { CompareValues, RunTests, TestResult } from '../../src/admission/subject.ts'
import { DEFAULT_BUDGET } from '../../src/contracts/limits.ts'

/** As the agent compares values. */
export const compare: CompareValues = compareValues

/** As the agent runs tests: one sandbox for each, the comparison on the host. The rest of a run is not needed for it. */
export const runTests: RunTests = async ({ sandbox, subject, tests, stopAtFailure = false, signal }) => {
  const clock = Date.now
  const journal = { appendEvents: () => Promise.resolve() }
  const events = new EventLog({ runId: 'admission', journal, clock, onFailure: () => {} })
  const budget = new BudgetMeter({ ...DEFAULT_BUDGET, executions: 1e9 }, { clock, onWarning: () => {} })
  const context = {
    clock,
    sandbox: () => Promise.resolve(sandbox),
    events,
    budget,
    signal: signal ?? new AbortController().signal,
    dependencies: {},
  } as unknown as RunContext
  const results: TestResult[] = []
  for (const test of tests) {
    const { failure } = await runTest(context, { stepId: 's1', test, subject: { ...subject, frames: false } })
    results.push({ test, failure })
    if (failure !== null && stopAtFailure) break
  }
  return results
}
