import { expect, test } from 'vitest'
import { createRandom, pickInteger, pickOne, shuffle } from '../../src/admission/random.ts'

test('the same seed gives the same numbers, from 0 to below 1, and another seed others', () => {
  const draw = (seed: number): number[] => {
    const random = createRandom(seed)
    return Array.from({ length: 1000 }, random)
  }
  expect(draw(7)).toEqual(draw(7))
  expect(draw(7)).not.toEqual(draw(8))
  expect(draw(7).every((number) => number >= 0 && number < 1)).toBe(true)
  const mean = draw(7).reduce((sum, number) => sum + number, 0) / 1000
  expect(mean).toBeGreaterThan(0.45)
  expect(mean).toBeLessThan(0.55)
})

test('integers reach both ends and nothing beyond', () => {
  const random = createRandom(1)
  const found = new Set(Array.from({ length: 200 }, () => pickInteger(random, -1, 2)))
  expect([...found].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2])
})

test('shuffling loses nothing and changes nothing in place', () => {
  const items = Array.from({ length: 30 }, (_, index) => index)
  const shuffled = shuffle(createRandom(3), items)
  expect(shuffled).not.toEqual(items)
  expect(shuffled.toSorted((a, b) => a - b)).toEqual(items)
})

test('nothing is picked from nothing', () => {
  expect(() => pickOne(createRandom(1), [])).toThrow(RangeError)
})
