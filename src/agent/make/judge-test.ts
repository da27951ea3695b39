import type { JsonValue } from '../../contracts/json.ts'
import type { Execution, ExecutionResult, ToolModule } from '../../contracts/sandbox.ts'
import type { ToolNeeds, ToolSignature, ToolTest } from '../../contracts/tool.ts'
import { grantNeeds } from '../../util/grant-needs.ts'
import { compareValues } from '../../domain/compare/compare-values.ts'
import { isTable } from '../../domain/compare/is-table.ts'
import { describeEnd } from '../../domain/failures/describe-end.ts'
import { wasStarved } from '../../domain/failures/host-ended.ts'
import { decodeNumbers } from '../../domain/numbers/decode-numbers.ts'
import { inputsOf } from '../../domain/tests/test-files.ts'
import { cutEnd, cutMiddle } from '../../domain/text/cut-middle.ts'
import { stabiliseText } from '../text/stabilise-text.ts'
import { toStableJson } from '../../domain/text/to-stable-json.ts'

/**
 * Tests have tiny data: code that needs more CPU time hangs. The clock only ends code that waits for ever; it leaves room for a
 * machine that is busy, and ten such tests should not take five minutes.
 */
const TEST_LIMITS = { wallMs: 20_000, cpuMs: 10_000 } as const

/** What the code did with a test's arguments. */
export type TestOutcome =
  | { kind: 'value'; value: JsonValue }
  | { kind: 'error'; type: string; message: string; traceback: string }
  /** `detail`: the limit that it reached and what it used. */
  | { kind: 'ended'; status: ExecutionResult['status']; detail: string | null }

export interface TestSubject {
  code: string
  signature: ToolSignature
  /** What it imports. */
  tools: ToolModule[]
  /** What its executions get, and nothing more. Absent: nothing. */
  needs?: ToolNeeds
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

/** The execution that a test asks for, with what the tool needs. The expected value stays here: the host compares. */
export function toTestExecution(test: ToolTest, { code, signature, tools, needs }: TestSubject): Execution {
  const { language, name, function: called } = signature
  const files = inputsOf(test)
  const inputs = files.length === 0 ? {} : { inputs: files }
  const given = { limits: TEST_LIMITS, ...inputs, ...grantNeeds({ needs }) }
  if (test.kind === 'property') {
    const modules = [...tools, { name, language, code, function: called }]
    return { language, code: test.program, tools: modules, ...given }
  }
  const args = decodeNumbers(test.arguments, signature.inputSchema)
  return { language, code, call: { function: called, arguments: args }, tools, ...given }
}

/**
 * Why a test failed, in one line; null where it passed. If the tool gives a table, records and columns may agree.
 * `undecided`: the machine was too busy, which is no failure of the code; `failure` says so.
 */
export function judgeTest(
  test: ToolTest,
  result: ExecutionResult,
  { signature }: Pick<TestSubject, 'signature'>,
): { outcome: TestOutcome; failure: string | null; undecided: boolean } {
  const outcome = toOutcome(result)
  if (wasStarved(result)) {
    return {
      outcome,
      failure: `it could not be judged, this machine was too busy: ${describeEnd(result)}`,
      undecided: true,
    }
  }
  const verdict = judgeOutcome(test, outcome, signature)
  return { outcome, failure: verdict === null ? null : stabiliseText(verdict), undecided: false }
}

/** The same of an outcome that is known already. */
export function judgeOutcome(
  test: ToolTest,
  outcome: TestOutcome,
  { outputSchema }: Pick<ToolSignature, 'outputSchema'>,
): string | null {
  return judge(test, outcome, isTable(outputSchema))
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
  return { kind: 'ended', status: result.status, detail: describeEnd(result) }
}

/** Why a test failed, in one line; null where it passed. */
function judge(test: ToolTest, outcome: TestOutcome, frames: boolean): string | null {
  if (outcome.kind === 'ended') {
    const { status, detail } = outcome
    return `the code ended with '${status}'${detail === null ? '' : `: ${detail}`}`
  }
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
