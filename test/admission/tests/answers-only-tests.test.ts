import { expect, test } from 'vitest'
import type { CallOutcome } from '../../../src/admission/observation/outcome.ts'
import { answersOnlyTests } from '../../../src/admission/tests/answers-only-tests.ts'
import type { JsonSchema } from '../../../src/contracts/json.ts'
import type { ToolTest } from '../../../src/contracts/tool.ts'

const TESTS = [1, 2, 3].map((x): ToolTest => ({ name: `${x}`, kind: 'example', arguments: { x }, expected: x * x }))
const CALLS = Array.from({ length: 30 }, (_, index) => ({ x: index + 1 }))

function judge(give: (x: number) => CallOutcome, type: JsonSchema = { type: 'number' }, tests = TESTS): boolean {
  const schema = { type: 'object', properties: { x: type }, required: ['x'] }
  return answersOnlyTests(schema, { tests, calls: CALLS, outcomes: CALLS.map(({ x }) => give(x)) })
}

const value = (given: number): CallOutcome => ({ kind: 'value', value: given })
const refused: CallOutcome = { kind: 'error', type: 'KeyError', message: '' }

test('a tool that knows the values of its tests and nothing else is seen', () => {
  expect(judge((x) => value(x < 4 ? x * x : 0))).toBe(true)
  expect(judge((x) => (x < 4 ? value(x * x) : refused))).toBe(true)
})

test('one that gives anything else for other arguments is none', () => {
  expect(judge((x) => value(x * x))).toBe(false)
  expect(judge((x) => (x < 29 ? value(x * x) : refused))).toBe(false)
})

test('a table of texts, results that are few anyway and outcomes that are not known say nothing', () => {
  const table = (x: number): CallOutcome => (x < 4 ? value(x * x) : refused)
  expect(judge(table, { type: 'string' })).toBe(false)
  expect(judge(table, { type: 'number', enum: [1, 2, 3] })).toBe(false)
  expect(judge(table, {}, TESTS.slice(0, 2))).toBe(false)
  expect(judge((x) => (x < 4 ? value(x * x) : { kind: 'unknown' }))).toBe(false)
})
