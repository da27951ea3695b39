import type { JudgeOutcome } from '../admission/observation/outcome.ts'
import type { RunTests, TestResult } from '../admission/subject.ts'
import { judgeOutcome, judgeTest, toTestExecution } from '../agent/make/judge-test.ts'
import { mapLimited } from '../agent/run/map-limited.ts'
import type { JsonSchema, JsonValue } from '../contracts/json.ts'
import type { ToolTest } from '../contracts/tool.ts'

/** Sandboxes at a time; what runs beside it wants some too. */
const CONCURRENT_TESTS = 4

/** Runs tests outside of an agent's run, judged as the agent judges them: each in a fresh sandbox, compared on the host. */
export const runTests: RunTests = async ({ sandbox, subject, tests, stopAtFailure = false, signal }) => {
  const frames = isTable(subject.signature.outputSchema)
  const run = async (test: ToolTest): Promise<TestResult> => {
    signal?.throwIfAborted()
    const execution = toTestExecution(test, subject)
    const result = await sandbox.execute({ ...execution, ...(signal ? { signal } : {}) })
    signal?.throwIfAborted()
    return { test, failure: judgeTest(test, result, { frames }).failure }
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
  judgeOutcome(test, outcome.kind === 'error' ? { ...outcome, traceback: '' } : outcome, {
    frames: isTable(outputSchema),
  })

/** A list of records, or an object of columns: the one may stand for the other. */
function isTable({ type, items, properties, additionalProperties }: JsonSchema): boolean {
  if (type === 'array') return typeOf(items) === 'object'
  if (type !== 'object') return false
  if (typeOf(additionalProperties) === 'array') return true
  const fields = properties !== null && typeof properties === 'object' ? Object.values(properties) : []
  return fields.length > 0 && fields.every((field) => typeOf(field) === 'array')
}

function typeOf(schema: JsonValue | undefined): JsonValue | undefined {
  return schema !== null && typeof schema === 'object' && !Array.isArray(schema) ? schema['type'] : undefined
}
