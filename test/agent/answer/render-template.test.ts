import { describe, expect, test } from 'vitest'
import { renderTemplate } from '../../../src/agent/answer/render-template.ts'
import type { JsonValue } from '../../../src/contracts/json.ts'

const values = new Map<string, JsonValue>([
  ['s1', 0.16972812],
  ['s2', { rows: [{ day: '2024-03-01T00:00:00', price: 1234.5 }], 'a b': [1, 2, 3], names: ['x', 'y'], none: null }],
  ['s3', { $number: 'NaN' }],
  ['s4', 'text with {{s1}} and $& in it'],
  ['s5', []],
  [
    's7',
    {
      $entries: [
        ['2021', 30],
        ['2019', { $number: '11439.60' }],
        ['day', '2024-01-01T00:00:00+02:00'],
      ],
    },
  ],
  ['s8', [4_006_381_333_931, { $number: '9007199254740993' }, 12_345_678_901.23, 0.1 + 0.2]],
  ['s9', ['2024-12-31T23:30:00-08:00', '2024-01-01T00:99', '2024-02-30', '2024-01-01T24:61']],
  ['s6', { $number: '123456789012345678901234567890' }],
])
const render = (template: string): string | string[] => {
  const rendered = renderTemplate(template, values)
  return 'text' in rendered ? rendered.text : rendered.unresolved
}

describe("an answer's placeholders", () => {
  test.each([
    ['{{s1|percent:2}}', '16.97%'],
    ['{{ s1 | percent:1 }}', '17.0%'],
    ['{{s1|round:3}}', '0.17'],
    ['{{s1|number:3}}', '0.170'],
    ['{{s2.rows[0].price|number:2}}', '1,234.50'],
    ['{{s2.rows[-1].price}}', '1234.5'],
    ['{{s2.rows[0].day|date}}', '2024-03-01'],
    ['{{s2["a b"]|list}}', '1, 2, 3'],
    ['{{s2["a b"][1]}}', '2'],
    ['{{s2.rows|count}}', '1'],
    ['{{s2.names}}', 'x, y'],
    ['{{s5|count}}', '0'],
    ['{{s7.2021}}', '30'],
    ['{{s7["2019"]}}', '11439.60'],
    ['{{s7|count}}', '3'],
    ['{{s7.day|date}}', '2024-01-01'],
    ['{{s9[0]|date}}', '2024-12-31'],
    ['{{s8}}', '4006381333931, 9007199254740993, 12345678901.23, 0.3'],
    ['{{s6}}', '123456789012345678901234567890'],
  ])('%s become %s', (template, text) => {
    expect(render(template)).toBe(text)
  })

  test('are filled in where they stand, and values are not read as templates', () => {
    expect(render('**{{s1|percent:1}}**, then {{s4}}!')).toBe('**17.0%**, then text with {{s1}} and $& in it!')
  })

  test.each([
    '{{s10}}',
    '{{s7.2020}}',
    '{{s9[1]|date}}',
    '{{s9[2]|date}}',
    '{{s9[3]|date}}',
    '{{s1.x}}',
    '{{s2.rows[5].price}}',
    '{{s2.none}}',
    '{{s2.rows[0].price|roman}}',
    '{{s4|percent:2}}',
    '{{s1|percent:99}}',
    '{{s1|date}}',
    '{{s3|percent:2}}',
    '{{s3}}',
    '{{s5}}',
    '{{}}',
    '{{s2.__proto__}}',
    '{{s2.constructor.name}}',
    '{{s1; drop}}',
  ])('%s cannot be filled and are reported, not guessed', (template) => {
    expect(render(`a {{s1|percent:1}} ${template} b`)).toEqual([template])
  })

  test('do not put a value of a thousand rows into a sentence', () => {
    const long = new Map<string, JsonValue>([['s1', Array.from({ length: 1000 }, (_, index) => index)]])
    expect(renderTemplate('{{s1}}', long)).toEqual({ unresolved: ['{{s1}}'] })
    expect(renderTemplate('{{s1|count}}', long)).toEqual({ text: '1,000' })
  })

  test('a text without them stays as it is', () => {
    expect(render('No { braces } here, 100 % sure. 日本')).toBe('No { braces } here, 100 % sure. 日本')
  })
})
