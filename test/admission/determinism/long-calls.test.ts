import { expect, test } from 'vitest'
import { longCalls, wentTooDeep } from '../../../src/admission/determinism/long-calls.ts'

const good = { kind: 'value', value: 1 } as const

test('lists and texts of calls that gave a value are repeated, and nothing else is changed', () => {
  const [first, ...others] = longCalls(
    [{ x: [1, 2], text: 'ab', n: 3, none: [] }, { x: [5] }],
    [good, { kind: 'unknown' }],
  )
  expect(others).toEqual([])
  expect(first).toMatchObject({ n: 3, none: [] })
  const { x, text } = first as { x: number[]; text: string }
  expect(x.slice(0, 3)).toEqual([1, 2, 1])
  expect([x.length, text.length]).toEqual([3000, 3000])
})

test('calls without anything to repeat are left out, and three are enough', () => {
  expect(longCalls([{ x: 1 }, { x: '' }, { x: null }], [good, good, good])).toEqual([])
  const many = Array.from({ length: 9 }, (_, x) => ({ x: [x] }))
  expect(
    longCalls(
      many,
      many.map(() => good),
    ),
  ).toHaveLength(3)
})

test('only an error of depth is one', () => {
  expect(wentTooDeep({ kind: 'error', type: 'RecursionError', message: '' })).toBe(true)
  expect(wentTooDeep({ kind: 'error', type: 'RangeError', message: 'Maximum call stack size exceeded' })).toBe(true)
  expect(wentTooDeep({ kind: 'error', type: 'RangeError', message: 'size' })).toBe(false)
  expect(wentTooDeep({ kind: 'ended', status: 'timeout' })).toBe(false)
})
