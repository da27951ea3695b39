import { expect, test } from 'vitest'
import { parseQuery } from '../../../src/library/search/parse-query.ts'

const stems = (text: string): string[] => parseQuery(text).map(({ stem }) => stem)

test('words that say nothing are left out, the rest comes as stems in order', () => {
  expect(stems('Can you please tell me what the volatility of the prices is?')).toEqual(['volatil', 'price'])
})

test('numbers count little, and names in a sentence are known for what they are', () => {
  expect(parseQuery('weather in Paris on 2024')).toEqual([
    { word: 'weather', stem: 'weather', weight: 1, isName: false },
    { word: 'paris', stem: 'pari', weight: 1, isName: true },
    { word: '2024', stem: '2024', weight: 0.2, isName: false },
  ])
  expect(parseQuery('Weather please')[0]).toMatchObject({ word: 'weather', isName: false })
})

test.each(['', '   ', 'the of and', '?!', '\0\0', '"', 'AND OR NOT', '🪓'])(
  '%j asks for nothing that is indexed',
  (text) => {
    expect(stems(text).filter((stem) => stem !== 'not')).toEqual([])
  },
)

test('of a megabyte the beginning and the end are read', () => {
  const startedAt = performance.now()
  const found = new Set(stems(`volatility of these prices: ${'12.5, '.repeat(200_000)} by month`))
  expect(performance.now() - startedAt).toBeLessThan(5000)
  expect(found.has('volatil')).toBe(true)
  expect(found.has('month')).toBe(true)
})
