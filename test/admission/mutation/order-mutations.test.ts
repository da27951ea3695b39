import { expect, test } from 'vitest'
import { orderMutations } from '../../../src/admission/mutation/order-mutations.ts'
import type { Mutation } from '../../../src/admission/mutation/mutant.ts'

const mutation = (kind: Mutation['kind'], line: number): Mutation => ({ kind, line, before: '', after: '' })

test('kinds take turns, however many there are of one', () => {
  const many = Array.from({ length: 50 }, (_, line) => mutation('constant', line))
  const few = [mutation('return', 3), mutation('comparison', 4)]
  const first = orderMutations([...many, ...few], 7, 6).map((index) => [...many, ...few][index]?.kind)
  expect(first.slice(0, 3).sort()).toEqual(['comparison', 'constant', 'return'])
  expect(first).toHaveLength(6)
})

test('lines take turns within a kind', () => {
  const all = [1, 1, 1, 1, 2, 3].map((line) => mutation('constant', line))
  const lines = orderMutations(all, 3, 6).map((index) => all[index]?.line)
  expect(lines.slice(0, 3).sort()).toEqual([1, 2, 3])
})

test('every change comes once, and none of nothing', () => {
  const all = Array.from({ length: 20 }, (_, line) => mutation('constant', line % 4))
  expect(orderMutations(all, 1, 100).sort((a, b) => a - b)).toEqual([...all.keys()])
  expect(orderMutations([], 1, 5)).toEqual([])
})
