import { describe, expect, test } from 'vitest'
import { reconcileExpectations } from '../../../src/admission/tests/reconcile-expectations.ts'
import type { JsonObject, JsonValue } from '../../../src/contracts/json.ts'
import type { ToolTest } from '../../../src/contracts/tool.ts'
import { compare } from '../run-tests.ts'

const example = (name: string, args: JsonObject, expected: JsonValue): ToolTest => ({
  name,
  kind: 'example',
  arguments: args,
  expected,
})
const refusal = (name: string, args: JsonObject, raises?: string): ToolTest => ({
  name,
  kind: 'error',
  arguments: args,
  ...(raises === undefined ? {} : { raises }),
})
const names = (tests: ToolTest[]): string[] => tests.map((one) => one.name)

describe('the tests of two independent calls', () => {
  test('that agree are kept once, and confirmed', () => {
    const { tests, dropped, confirmed } = reconcileExpectations(
      [example('a', { x: 1 }, 2)],
      [example('b', { x: 1 }, 2.0000000001)],
      { compare },
    )
    expect(names(tests)).toEqual(['a'])
    expect(dropped).toEqual([])
    expect(confirmed).toEqual(['a'])
  })

  test('that disagree both go, with the reason', () => {
    const { tests, dropped } = reconcileExpectations(
      [example('a', { x: 1, y: 2 }, 2), example('kept', { x: 5 }, 6)],
      [example('b', { y: 2, x: 1 }, 3)],
      { compare },
    )
    expect(names(tests)).toEqual(['kept'])
    expect(dropped).toEqual([
      { name: 'a', reason: 'two independent calls disagree on it: for {"x":1,"y":2}, expected 2, got 3' },
    ])
  })

  test('that look at different arguments are joined', () => {
    const { tests } = reconcileExpectations([example('a', { x: 1 }, 2)], [example('b', { x: 2 }, 3)], { compare })
    expect(names(tests)).toEqual(['a', 'b'])
  })

  test('disagree where one expects a value and the other an error', () => {
    const { tests, dropped } = reconcileExpectations(
      [example('a', { x: [] }, 0)],
      [refusal('b', { x: [] }, 'ValueError')],
      {
        compare,
      },
    )
    expect(tests).toEqual([])
    expect(dropped[0]?.reason).toContain('one expects 0, the other ValueError')
  })

  test('agree on an error whose class one of them leaves open, and not on two classes', () => {
    const open = reconcileExpectations([refusal('a', { x: 1 })], [refusal('b', { x: 1 }, 'TypeError')], { compare })
    expect(names(open.tests)).toEqual(['a'])
    const other = reconcileExpectations([refusal('a', { x: 1 }, 'ValueError')], [refusal('b', { x: 1 }, 'TypeError')], {
      compare,
    })
    expect(other.tests).toEqual([])
  })

  test('mean the same by a default that is written out and by an argument left out', () => {
    const parameters = [
      { name: 'x', type: 'int', description: '', required: true },
      { name: 'window', type: 'int', description: '', required: false, default: 3 },
    ]
    const { dropped } = reconcileExpectations([example('a', { x: 1 }, 2)], [example('b', { x: 1, window: 3 }, 9)], {
      compare,
      parameters,
    })
    expect(dropped.map((one) => one.name)).toEqual(['a'])
  })

  test('allow for the larger tolerance of the two', () => {
    const loose: ToolTest = { name: 'b', kind: 'example', arguments: { x: 1 }, expected: 2.01, tolerance: 0.01 }
    expect(reconcileExpectations([example('a', { x: 1 }, 2)], [loose], { compare }).confirmed).toEqual(['a'])
  })

  test('keep their properties, and names that meet are told apart', () => {
    const property: ToolTest = { name: 'a', kind: 'property', program: 'result(f(1))' }
    const { tests } = reconcileExpectations([example('a', { x: 1 }, 2)], [property, example('a', { x: 9 }, 2)], {
      compare,
    })
    expect(names(tests)).toEqual(['a', 'a (2)', 'a (3)'])
  })

  test('of nothing are nothing, and NaN agrees with NaN', () => {
    expect(reconcileExpectations([], [], { compare })).toEqual({ tests: [], dropped: [], confirmed: [] })
    const nan = { $number: 'NaN' }
    expect(
      reconcileExpectations([example('a', { x: 1 }, nan)], [example('b', { x: 1 }, nan)], { compare }).confirmed,
    ).toEqual(['a'])
  })
})
