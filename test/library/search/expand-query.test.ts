import { beforeEach, describe, expect, test } from 'vitest'
import type { Library } from '../../../src/contracts/library.ts'
import type { Store } from '../../../src/contracts/store.ts'
import { differsByOne, expandQuery } from '../../../src/library/search/expand-query.ts'
import { parseQuery } from '../../../src/library/search/parse-query.ts'
import { newTool, openTestLibrary } from '../support/library.ts'

let library: Library
let store: Store

beforeEach(async () => {
  ;({ library, store } = await openTestLibrary())
  await library.save(newTool('time_zone', { description: 'Converts a time to another zone.' }))
  await library.save(newTool('weather_forecast', { description: 'Forecast of the weather and the temperature.' }))
  await library.save(newTool('timestamp_parser', { description: 'Parses a timestamp.' }))
})

const expand = async (text: string): Promise<Map<string, number>> => {
  const { terms } = await expandQuery(parseQuery(text), store.tools)
  return new Map(terms.map(({ stem, weight }) => [stem, weight]))
}

test('known words stand alone, with the number of tools that have them', async () => {
  const { terms, pairs } = await expandQuery(parseQuery('weather forecast weather unheard'), store.tools)
  expect(terms).toEqual([
    { stem: 'weather', weight: 1, tools: 1 },
    { stem: 'forecast', weight: 1, tools: 1 },
    { stem: 'unheard', weight: 1, tools: 0 },
  ])
  expect([...pairs]).toEqual(['weather forecast', 'forecast weather', 'weather unheard'])
})

test('two words may be one in the library, and one may be two', async () => {
  expect((await expand('time stamp')).get('timestamp')).toBe(0.5)
  const apart = await expand('timezone')
  expect(apart.get('time')).toBe(0.5)
  expect(apart.get('zone')).toBe(0.5)
})

test('a slip of the pen is mended, a name is not', async () => {
  expect((await expand('tempreature tomorrow')).get('temperatur')).toBe(0.5)
  expect((await expand('wether today')).get('weather')).toBe(0.5)
  expect((await expand('ask Wether today')).has('weather')).toBe(false)
  // Short words have too many neighbours.
  expect([...(await expand('tine')).keys()]).toEqual(['tine'])
})

test('a page of unknown words does not set off a search for each', async () => {
  let asked = 0
  const counted = {
    indexStatistics: async (stems: string[]) => {
      asked += 1
      return store.tools.indexStatistics(stems)
    },
    stemsLike: async (query: Parameters<typeof store.tools.stemsLike>[0]) => {
      asked += 1
      return store.tools.stemsLike(query)
    },
    searchIndex: store.tools.searchIndex.bind(store.tools),
  }
  const letters = (index: number): string =>
    index.toString(26).replaceAll(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)] ?? '')
  await expandQuery(parseQuery(Array.from({ length: 1000 }, (_, index) => `zzyx${letters(index)}`).join(' ')), counted)
  expect(asked).toBeLessThan(20)
})

describe('one letter’s difference', () => {
  test.each([
    ['weather', 'wether'],
    ['weather', 'weathers'],
    ['weather', 'waether'],
    ['weather', 'weathar'],
    ['a', ''],
  ])('%s and %s', (left, right) => {
    expect(differsByOne(left, right)).toBe(true)
    expect(differsByOne(right, left)).toBe(true)
  })

  test.each([
    ['weather', 'weather'],
    ['weather', 'wehater'.split('').toReversed().join('')],
    ['abcd', 'badc'],
    ['weather', 'wea'],
    ['', 'ab'],
  ])('not %s and %s', (left, right) => {
    expect(differsByOne(left, right)).toBe(false)
  })
})
