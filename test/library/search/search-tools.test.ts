import { beforeEach, describe, expect, test } from 'vitest'
import type { Library } from '../../../src/contracts/library.ts'
import type { Store } from '../../../src/contracts/store.ts'
import { searchTools } from '../../../src/library/search/search-tools.ts'
import { newTool, openTestLibrary } from '../support/library.ts'

let library: Library
let store: Store

beforeEach(async () => {
  ;({ library, store } = await openTestLibrary())
  await library.save(
    newTool('annualised_volatility', {
      description: 'Annualised volatility of log returns of a price series.',
      inputSchema: {
        type: 'object',
        properties: { prices: { type: 'array', description: 'closing prices, oldest first' } },
      },
      exampleRequests: ['How risky is this stock?'],
    }),
  )
  await library.save(newTool('moving_average', { description: 'Moving average of a series over a window.' }))
  await library.save(newTool('weather_forecast', { description: 'Forecast of the weather for a city.' }))
  await library.save(newTool('body_mass_index', { description: 'Body mass index from weight and height.' }))
  await library.save(newTool('stock_price', { description: 'Current price of a stock by its ticker symbol.' }))
  await library.save(newTool('tokyo_weather', { description: '指定した都市の天気予報を返します。', code: '# 天気' }))
})

const find = async (text: string, limit = 5): Promise<string[]> =>
  (await library.search({ text, limit })).map(({ tool }) => tool.name)

describe('search', () => {
  test.each([
    ['37-day annualised volatility of AAPL?', 'annualised_volatility'],
    ['annualized volatilities', 'annualised_volatility'],
    ['how risky are my shares', 'annualised_volatility'],
    ['What will the weather be like in Paris?', 'weather_forecast'],
    ['movingAverage', 'moving_average'],
    ['BMI: body mass index, 80 kg', 'body_mass_index'],
    ['whats the wether tomorow', 'weather_forecast'],
    ['明日の天気を教えて', 'tokyo_weather'],
  ])('%j finds %s first', async (text, expected) => {
    expect((await find(text))[0]).toBe(expected)
  })

  test.each([
    'Translate this poem into French',
    'hi',
    'book a table for two',
    'what is the capital of Mongolia',
    'get the data',
    'Wer bist du?',
  ])('nothing fits %j', async (text) => {
    expect(await find(text)).toEqual([])
  })

  test('gives at most as many as asked for, best first, with falling scores', async () => {
    const found = await library.search({ text: 'price of a stock, weather, average', limit: 3 })
    expect(found).toHaveLength(3)
    const scores = found.map(({ score }) => score)
    expect(scores).toEqual(scores.toSorted((left, right) => right - left))
    expect(await find('stock price', 0)).toEqual([])
    expect(await find('price of a stock, weather, average', 1)).toHaveLength(1)
  })

  test('five is the limit where none is given', async () => {
    for (let index = 0; index < 9; index += 1) await library.save(newTool(`stock_price_${index}`))
    expect(await library.search({ text: 'stock price' })).toHaveLength(5)
  })

  test('the same question has the same answer', async () => {
    for (let index = 0; index < 9; index += 1)
      await library.save(newTool(`twin_${index}`, { description: 'Twin tool.' }))
    expect(await find('twin')).toEqual(await find('twin'))
  })

  test('what is quarantined is not found, and a tool in its place is', async () => {
    await library.setState('annualised_volatility', 1, 'quarantined', 'fails')
    expect(await find('annualised volatility')).toEqual([])
    expect(
      (await library.search({ text: 'annualised volatility', states: ['quarantined'] })).map(({ tool }) => tool.name),
    ).toEqual(['annualised_volatility'])
  })
})

describe('ugly questions', () => {
  test.each([
    '',
    '   ',
    '\0',
    '"',
    '""""',
    "'; DROP TABLE tool; --",
    'foo-bar OR "',
    'NEAR(a b)',
    'name:weather*',
    '*',
    '^weather',
    '(((((',
    '{}[]\\',
    '%%%',
    '🪓🪓🪓',
    '\ud800\udfff\ud800',
    '\u202e\u200b',
    'AND OR NOT',
    '-'.repeat(10_000),
  ])('%j is answered', async (text) => {
    await expect(library.search({ text })).resolves.toBeInstanceOf(Array)
    expect(await library.count()).toBe(6)
  })

  test('operators in a question do not change what it finds', async () => {
    expect(await find('weather" OR "stock')).toContain('weather_forecast')
    expect(await find('NOT weather AND forecast')).toEqual(await find('weather forecast'))
  })

  test('a question of a megabyte is answered within a second', async () => {
    for (const filler of ['lorem ipsum dolor ', '1.25,', 'x', '天', 'weatherweather ']) {
      const text = `weather forecast ${filler.repeat(1_000_000 / filler.length)}`
      const startedAt = performance.now()
      const found = await find(text)
      expect(performance.now() - startedAt).toBeLessThan(5000)
      expect(found).toContain('weather_forecast')
    }
  })
})

describe('the floor', () => {
  test('evidence grows with what the question and the tool share', async () => {
    const evidence = async (text: string): Promise<number> => {
      const found = await searchTools(text, store.tools, { limit: 10, states: ['verified'], floor: 0 })
      return found.find(({ name }) => name === 'annualised_volatility')?.evidence ?? 0
    }
    const [none, little, some, much] = await Promise.all(
      ['translate a poem', 'prices', 'volatility', 'annualised volatility of log returns of prices'].map(evidence),
    )
    expect(none).toBe(0)
    expect(little).toBeGreaterThan(0)
    expect(some).toBeGreaterThan(little ?? 0)
    expect(much).toBeGreaterThan(some ?? 0)
  })

  test('words that every tool has are no evidence, in a library of any size', async () => {
    await library.save(newTool('get_city_data', { description: 'Get the specified data for a given city.' }))
    expect(await find('get the current number')).toEqual([])
    expect(await find('get city data')).toContain('get_city_data')
  })
})
