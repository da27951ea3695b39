import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonValue } from '../../../src/contracts/json.ts'
import { readEntries, toObject } from '../../../src/domain/json/entries.ts'
import { parseJson } from '../../../src/domain/json/parse-json.ts'
import { toJsonText } from '../../../src/domain/json/to-json-text.ts'

describe('JSON text is read', () => {
  test.each<[string, JsonValue]>([
    ['4006381333931', 4_006_381_333_931],
    ['9007199254740993', { $number: '9007199254740993' }],
    ['[-123456789012345678901234567890]', [{ $number: '-123456789012345678901234567890' }]],
    ['1e20', 1e20],
    ['0.1', 0.1],
    ['1e999', { $number: 'Infinity' }],
    ['{"$number": "NaN"}', { $number: 'NaN' }],
    [
      '{"1": {"$number": "NaN"}, "0": 1}',
      {
        $entries: [
          ['1', { $number: 'NaN' }],
          ['0', 1],
        ],
      },
    ],
    ['{"2019": 1, "2021": 2, "b": 3, "a": 4}', { '2019': 1, '2021': 2, b: 3, a: 4 }],
    [
      '{"b": 3, "2019": 1}',
      {
        $entries: [
          ['b', 3],
          ['2019', 1],
        ],
      },
    ],
    [
      String.raw`{"\u0032": ":", "1": "\":"}`,
      {
        $entries: [
          ['2', ':'],
          ['1', '":'],
        ],
      },
    ],
    ['{"__proto__": 1}', { $entries: [['__proto__', 1]] }],
    [
      '{"01": 1, "0": 2}',
      {
        $entries: [
          ['01', 1],
          ['0', 2],
        ],
      },
    ],
    [
      '{"4294967295": 1, "1": 2}',
      {
        $entries: [
          ['4294967295', 1],
          ['1', 2],
        ],
      },
    ],
  ])('without losses: %s', (text, value) => {
    expect(parseJson(text)).toEqual(value)
  })

  test('and what is no JSON is refused as always', () => {
    expect(() => parseJson('{"2": 1, "1": }')).toThrow(SyntaxError)
  })

  test('and written again in the same order and with the same digits, whatever stands in it', () => {
    const label = fc.oneof(fc.nat(30).map(String), fc.string(), fc.constantFrom('__proto__', '01', '4294967295', '-1'))
    const leaf = fc.oneof(
      fc.bigInt().map(String),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
      fc.string().map((text) => JSON.stringify(text)),
      fc.constantFrom('null', 'true'),
    )
    const { text } = fc.letrec<{ text: string }>((tie) => ({
      text: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        leaf,
        fc.array(tie('text'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
        fc
          .uniqueArray(fc.tuple(label, tie('text')), { maxLength: 5, minLength: 2, selector: ([key]) => key })
          .map((pairs) => `{${pairs.map(([key, item]) => `${JSON.stringify(key)}:${item}`).join(',')}}`),
      ),
    }))
    fc.assert(
      fc.property(text, (json) => {
        expect(toJsonText(parseJson(json), { digits: true })).toBe(json)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('an object', () => {
  test('is a plain one where JavaScript keeps its order', () => {
    expect(
      toObject([
        ['b', 1],
        ['a', 2],
      ]),
    ).toEqual({ b: 1, a: 2 })
    expect(
      toObject([
        ['a', 1],
        ['0', 2],
      ]),
    ).toEqual({
      $entries: [
        ['a', 1],
        ['0', 2],
      ],
    })
    expect(toObject([['$number', '5']])).toEqual({ $entries: [['$number', '5']] })
  })

  test('is read in its order, and tags are none', () => {
    expect(
      readEntries({
        $entries: [
          ['2', 1],
          ['1', 2],
        ],
      }),
    ).toEqual([
      ['2', 1],
      ['1', 2],
    ])
    expect(readEntries({ a: 1 })).toEqual([['a', 1]])
    expect(readEntries({ $number: '5' })).toBeNull()
    expect(readEntries([1])).toBeNull()
  })

  test('that only looks like one in its own order is taken as it is', () => {
    for (const $entries of [
      [
        ['a', 1],
        ['a', 2],
      ],
      [['a']],
      [[1, 2]],
      5,
    ] as JsonValue[]) {
      expect(readEntries({ $entries })).toEqual([['$entries', $entries]])
    }
    expect(readEntries({ $entries: [['a', 1]], b: 1 })).toHaveLength(2)
  })
})

describe('JSON text for other programs', () => {
  test.each<[JsonValue, string, string]>([
    [{ $number: '9007199254740993' }, '{"$number":"9007199254740993"}', '9007199254740993'],
    [{ $number: '11439.60' }, '11439.60', '11439.60'],
    [{ $number: '12345678901234567.89' }, '{"$number":"12345678901234567.89"}', '12345678901234567.89'],
    [{ $number: 'NaN' }, '{"$number":"NaN"}', '{"$number":"NaN"}'],
    [
      {
        $entries: [
          ['2021', 1],
          ['2019', [{ $bytes: 'AA==' }]],
        ],
      },
      '{"2021":1,"2019":[{"$bytes":"AA=="}]}',
      '{"2021":1,"2019":[{"$bytes":"AA=="}]}',
    ],
  ])('of %j tags what a double would round, unless all digits are asked for', (value, text, digits) => {
    expect(toJsonText(value)).toBe(text)
    expect(toJsonText(value, { digits: true })).toBe(digits)
  })
})
