import type { JsonValue } from '../../contracts/json.ts'
import type { ExecutionResult, ToolModule } from '../../contracts/sandbox.ts'
import type { ToolSignature, ToolTest } from '../../contracts/tool.ts'
import { compareValues } from '../compare/compare-values.ts'
import { executeCode } from '../run/execute-code.ts'
import type { RunContext } from '../run/run-context.ts'
import { cutEnd, cutMiddle } from '../text/cut-middle.ts'
import { stabiliseText } from '../text/stabilise-text.ts'
import { toStableJson } from '../text/to-stable-json.ts'

/** Tests have tiny data: what takes longer hangs, and ten hanging tests should not take five minutes. */
const TEST_LIMITS = { wallMs: 10_000, cpuMs: 10_000 } as const

/** What the code did with a test's arguments. */
export type TestOutcome =
  | { kind: 'value'; value: JsonValue }
  | { kind: 'error'; type: string; message: string; traceback: string }
  | { kind: 'ended'; status: ExecutionResult['status'] }

export interface TestReport {
  test: ToolTest
  outcome: TestOutcome
  /** Null where the test passed. */
  failure: string | null
}

export interface ToolUnderTest {
  code: string
  signature: ToolSignature
  /** What it imports. */
  tools: ToolModule[]
  /** Lets tables agree whether they are lists of records or objects of columns. */
  frames: boolean
}

/** Errors of broken code. A test that only asks for "an error" is not passed by a misspelt name. */
const BROKEN_CODE = new Set([
  'NameError',
  'UnboundLocalError',
  'ImportError',
  'ModuleNotFoundError',
  'SyntaxError',
  'IndentationError',
  'AttributeError',
  'RecursionError',
  'ReferenceError',
  'SystemExit',
])

const ANY_ERROR = new Set(['Exception', 'BaseException', 'Error'])

/** Runs one test in a sandbox of its own. The expected value stays here: the host compares. */
export async function runTest(
  context: RunContext,
  { stepId, test, subject }: { stepId: string; test: ToolTest; subject: ToolUnderTest },
): Promise<TestReport> {
  const startedAt = context.clock()
  const { signature, code, tools } = subject
  const { language, name, function: called } = signature
  const result = await executeCode(context, {
    stepId,
    purpose: 'test',
    execution:
      test.kind === 'property'
        ? {
            language,
            code: test.program,
            tools: [...tools, { name, language, code, function: called }],
            limits: TEST_LIMITS,
          }
        : { language, code, call: { function: called, arguments: test.arguments }, tools, limits: TEST_LIMITS },
  })
  const outcome = toOutcome(result)
  const verdict = judge(test, outcome, subject.frames)
  const failure = verdict === null ? null : stabiliseText(verdict)
  const wallMs = context.clock() - startedAt
  context.events.emit(
    failure === null
      ? { type: 'test-passed', stepId, test: test.name, wallMs }
      : { type: 'test-failed', stepId, test: test.name, reason: failure, wallMs },
  )
  return { test, outcome, failure }
}

export function isBrokenCode(outcome: TestOutcome): boolean {
  return outcome.kind === 'error' && BROKEN_CODE.has(outcome.type)
}

function toOutcome(result: ExecutionResult): TestOutcome {
  if (result.status === 'ok') return { kind: 'value', value: result.value ?? null }
  if (result.status === 'error' && result.error !== undefined) {
    const { type, message, traceback } = result.error
    return { kind: 'error', type, message: stabiliseText(message), traceback: stabiliseText(traceback) }
  }
  return { kind: 'ended', status: result.status }
}

/** Why a test failed, in one line; null where it passed. */
function judge(test: ToolTest, outcome: TestOutcome, frames: boolean): string | null {
  if (outcome.kind === 'ended') return `the code ended with '${outcome.status}'`
  if (test.kind === 'error') return judgeError(test.raises ?? null, outcome)
  if (outcome.kind === 'error') {
    return `it raised ${outcome.type}: ${cutEnd(outcome.message.replaceAll('\n', ' '), 300)}`
  }
  if (test.kind === 'property') {
    return outcome.value === true ? null : `the property does not hold: the program gave ${show(outcome.value)}`
  }
  return compareValues(test.expected, outcome.value, { tolerance: test.tolerance, frames })
}

function judgeError(raises: string | null, outcome: Exclude<TestOutcome, { kind: 'ended' }>): string | null {
  const wanted = raises ?? 'an error'
  if (outcome.kind === 'value') return `expected ${wanted}, but it returned ${show(outcome.value)}`
  if (raises !== null && raises === outcome.type) return null
  if ((raises === null || ANY_ERROR.has(raises)) && !BROKEN_CODE.has(outcome.type)) return null
  return `expected ${wanted}, but it raised ${outcome.type}: ${cutEnd(outcome.message, 200)}`
}

function show(value: JsonValue): string {
  return cutMiddle(toStableJson(value), 200)
}
