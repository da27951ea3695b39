import { expect, test } from 'vitest'
import { isEdgeCase } from '../../../src/admission/tests/edge-cases.ts'
import type { JsonObject } from '../../../src/contracts/json.ts'

const isEdge = (args: JsonObject): boolean => isEdgeCase({ name: 't', kind: 'example', arguments: args, expected: 1 })

test.each<JsonObject>([
  { x: [] },
  { x: [5] },
  { x: '' },
  { x: '  ' },
  { x: '00' },
  { x: 0 },
  { x: -2.5 },
  { x: null },
  { x: 'NaN' },
  { x: { $number: 'NaN' } },
  { x: 1e9 },
  { x: [1, 2, 2] },
  { x: [1, null, 3] },
  { x: {} },
  {
    x: [
      { a: 1, b: 0 },
      { a: 2, b: 3 },
    ],
  },
  { start: '2024-05-05', end: '2024-05-05' },
  { day: '2024-02-29' },
  { day: '2023-12-31T10:00:00Z' },
])('%j is an edge', (args) => {
  expect(isEdge(args)).toBe(true)
})

test.each<JsonObject>([
  { x: [1, 2, 3] },
  { x: 'abc' },
  { x: 12 },
  { x: true },
  { x: { a: 1, b: 2 } },
  { start: '2024-05-05', end: '2024-06-05' },
  {},
])('%j is none', (args) => {
  expect(isEdge(args)).toBe(false)
})

test('a property is an edge case where its program writes one out', () => {
  const program = (text: string): boolean => isEdgeCase({ name: 'p', kind: 'property', program: text })
  expect(program('result(f([]) == 0)')).toBe(true)
  expect(program("result(f('') === '')")).toBe(true)
  expect(program('result(f(0) == 1)')).toBe(true)
  expect(program('result(f([3, 4]) == 7)')).toBe(false)
})
