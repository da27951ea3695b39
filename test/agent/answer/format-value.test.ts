import { describe, expect, test } from 'vitest'
import { formatValue } from '../../../src/agent/answer/format-value.ts'
import type { JsonValue } from '../../../src/contracts/json.ts'

/** Spaces that do not break are spaces to a reader. */
const format = (value: JsonValue, name: string | null, language: string | null = null): string | null =>
  formatValue(value, name, language)?.replaceAll(/[\u00A0\u202F]/g, ' ') ?? null

describe('fixed decimals without separators', () => {
  test.each<[JsonValue, string, string]>([
    [11_439.6, 'fixed:2', '11439.60'],
    [{ $number: '11439.60' }, 'fixed:1', '11439.6'],
    [1_234_567, 'fixed:0', '1234567'],
    [0.1234, 'fixed:4', '0.1234'],
    [2, 'fixed', '2.00'],
    [-0.001, 'fixed:2', '0.00'],
    [-2221.745, 'fixed:3', '-2221.745'],
    [{ $number: '9007199254740993' }, 'fixed:2', '9007199254740993.00'],
    [{ $number: '1.005' }, 'fixed:2', '1.01'],
    [[1.5, 2], 'fixed:2', '1.50, 2.00'],
  ])('%j as %s is %s, in every language', (value, name, text) => {
    expect(format(value, name)).toBe(text)
    if (!Array.isArray(value))
      for (const language of ['de', 'fr', 'hi', 'ar-EG']) expect(format(value, name, language)).toBe(text)
  })

  test.each([
    'fixed:x',
    'fixed:-1',
    'fixed:99',
    'fixed:1.5',
    'number:x',
    'money',
    'money:EURO',
    'money:EUR:x',
    'percent:99',
    'x',
  ])('a format that is none is not guessed: %s', (name) => {
    expect(format(1, name)).toBeNull()
  })
})

describe('numbers and dates follow the language of the answer', () => {
  test.each<[JsonValue, string | null, string, string]>([
    [2221.75, 'money:EUR', 'de', '2.221,75 €'],
    [2221.75, 'money:eur', 'en', '€2,221.75'],
    [2221.75, 'money:JPY', 'ja', '￥2,222'],
    [2221.75, 'money:EUR:0', 'fr', '2 222 €'],
    [2221.75, 'number:2', 'de', '2.221,75'],
    [2221.75, 'number:2', 'fr', '2 221,75'],
    [2221.75, 'number:2', 'pt-BR', '2.221,75'],
    [1_234_567.5, 'number:1', 'en-IN', '12,34,567.5'],
    [0.1697, 'percent:2', 'de', '16,97 %'],
    [0.1697, 'percent', 'en', '16.97%'],
    [1234.5, 'round:2', 'de', '1234,5'],
    [2221.75, null, 'de', '2221,75'],
    [2024, null, 'de', '2024'],
    [4_006_381_333_931, null, 'es', '4006381333931'],
    [{ $number: '11439.60' }, null, 'it', '11439,60'],
    [{ $number: '11439.60' }, 'number', 'de', '11.439,60'],
    [{ $number: '9007199254740993' }, 'number', 'de', '9.007.199.254.740.993'],
    [[1.5, 2.25], null, 'de', '1,5; 2,25'],
    [[1, 2], null, 'de', '1, 2'],
    [[1.5, 2.25], 'number:1', 'en', '1.5, 2.3'],
    [Array.from({ length: 1234 }, () => 0), 'count', 'de', '1.234'],
    ['2024-03-01T00:00:00+02:00', 'date', 'de', '01.03.2024'],
    ['2024-03-01', 'date', 'en', 'Mar 1, 2024'],
    ['2024-03-01', 'date', 'en-GB', '1 Mar 2024'],
    ['2024-12-31T23:59:59-11:00', 'date', 'fr', '31 déc. 2024'],
    ['2024-03-01 10:00', 'date:iso', 'de', '2024-03-01'],
    ['P1DT2H', 'duration', 'de', '1 Tag, 2 Stunden'],
    ['PT90.25S', 'duration', 'en', '1 minute, 30.25 seconds'],
    ['-PT5M', 'duration', 'en', '-5 minutes'],
    ['PT0S', 'duration', 'en', '0 seconds'],
  ])('%j as %s in %s is %s', (value, name, language, text) => {
    expect(format(value, name, language)).toBe(text)
  })

  test('without one they are English numbers and ISO dates', () => {
    expect(format(2221.75, 'number:2')).toBe('2,221.75')
    expect(format('2024-03-01T10:00:00Z', 'date')).toBe('2024-03-01')
  })
})

test.each<{ value: JsonValue }>([
  { value: { a: 1 } },
  { value: [{ a: 1 }] },
  { value: { $entries: [['2021', 1]] } },
  { value: [[1]] },
  { value: null },
  { value: [] },
  { value: { $number: 'NaN' } },
  { value: { $bytes: 'AA==' } },
])('what is no sentence is left to the model that answers: %j', ({ value }) => {
  expect(format(value, null)).toBeNull()
  expect(format(value, 'list')).toBeNull()
})
