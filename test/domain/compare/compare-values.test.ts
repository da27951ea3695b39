import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareValues } from '../../../src/domain/compare/compare-values.ts'
import type { JsonValue } from '../../../src/contracts/json.ts'

const same = (expected: JsonValue, actual: JsonValue | undefined, options = {}): void =>
  expect(compareValues(expected, actual, options)).toBeNull()

describe('numbers', () => {
  test('agree within a relative tolerance of a millionth', () => {
    same(0.169728, 0.1697280001)
    same(1e-7, 1.00000001e-7)
    expect(compareValues(0.169728, 0.16973)).toBe('expected 0.169728, got 0.16973')
    expect(compareValues(1e-7, 2e-7)).not.toBeNull()
  })

  test('agree near zero by absolute size', () => {
    same(0, 1e-17)
    same(0, -0)
    same(1e-15, 0)
    expect(compareValues(0, 1e-5)).not.toBeNull()
  })

  test('follow the tolerance that a test gives', () => {
    same(100, 101, { tolerance: 0.01 })
    same(0, 0.009, { tolerance: 0.01 })
    expect(compareValues(100, 103, { tolerance: 0.01 })).not.toBeNull()
  })

  test('that are counts agree exactly, whatever their size', () => {
    same(3, 3.0)
    expect(compareValues(10_000_000, 10_000_001)).toBe('expected 10000000, got 10000001')
    expect(compareValues(3, 4)).not.toBeNull()
    expect(compareValues(1e15, 1e15 + 1)).toBe('expected 1000000000000000, got 1000000000000001')
  })

  test.each<[string, JsonValue, JsonValue]>([
    ['bar codes', 4_006_381_333_931, 4_006_381_333_930],
    ['milliseconds since 1970', 1_704_067_200_000, 1_704_067_200_001],
    ['ids beyond 2^53', { $number: '175928847299117063' }, { $number: '175928847299117062' }],
    ['the largest safe integer and the next', Number.MAX_SAFE_INTEGER, { $number: '9007199254740992' }],
    ['negative ones', { $number: '-9007199254740993' }, { $number: '-9007199254740995' }],
    ['fifty digits', { $number: `${'7'.repeat(49)}1` }, { $number: `${'7'.repeat(49)}2` }],
    ['JavaScript’s digits', { $number: '123456789012345678901' }, '123456789012345678902'],
  ])('that are integers and differ by one never agree: %s', (_what, first, second) => {
    for (const tolerance of [undefined, 0, 1e-9, 1e-6, 0.01]) {
      expect(compareValues([first], [second], { tolerance })).toMatch(/^at \[0\]: expected /)
      same([first], [first], { tolerance })
    }
  })

  test('that are integers are not rounded; a tolerance for estimates holds for them', () => {
    expect(compareValues(10_000_001, 10_000_002, { tolerance: 1e-6 })).not.toBeNull()
    same(500_000, 500_900, { tolerance: 0.01 })
    same(1e13, 1e13 + 0.25)
    same({ $number: '9007199254740993' }, { $number: '0009007199254740993' })
  })

  test('that are decimals agree as numbers', () => {
    same({ $number: '11439.60' }, 11439.6)
    same(0.1, { $number: '0.10' })
    expect(compareValues({ $number: '11439.60' }, 11439.7)).toBe('expected 11439.60, got 11439.7')
  })

  test('that JSON has no word for agree in their tagged form and by their names', () => {
    const nan = { $number: 'NaN' }
    same(nan, nan)
    same('NaN', nan)
    same('nan', nan)
    same('-inf', { $number: '-Infinity' })
    same({ $number: '100000000000000000000' }, 1e20)
    same(1.2345678901234568e20, '123456789012345678901')
    expect(compareValues(nan, 0)).not.toBeNull()
    expect(compareValues(nan, null)).not.toBeNull()
    expect(compareValues({ $number: 'Infinity' }, { $number: '-Infinity' })).not.toBeNull()
    expect(compareValues(1, nan)).not.toBeNull()
    expect(compareValues('NaN', 'nan')).not.toBeNull()
  })

  test('are no texts and no truth values', () => {
    expect(compareValues(1, '1')).not.toBeNull()
    expect(compareValues(1, true)).not.toBeNull()
    expect(compareValues(0, false)).not.toBeNull()
    expect(compareValues(0, null)).not.toBeNull()
  })
})

describe('structures', () => {
  test('give the path of the first difference', () => {
    expect(compareValues({ rows: [{ x: 1 }, { x: 2, 'a b': 3 }] }, { rows: [{ x: 1 }, { x: 2, 'a b': 4 }] })).toBe(
      'at rows[1]["a b"]: expected 3, got 4',
    )
    expect(compareValues([1, 2, 3], [1, 2])).toBe('expected 3 items, got 2')
    expect(compareValues([1, 2], [2, 1])).toBe('at [0]: expected 1, got 2')
    expect(compareValues({ a: 1 }, [1])).toMatch(/^expected \{"a":1\}, got \[1\]/)
  })

  test('agree whatever the order of their keys', () => {
    same({ a: 1, b: [{ c: 2, d: 3 }] }, { b: [{ d: 3, c: 2 }], a: 1 })
  })

  test('agree with those that travel in their own order', () => {
    const years = {
      $entries: [
        ['2021', 30],
        [
          '2019',
          {
            $entries: [
              ['7', 1],
              ['3', 2],
            ],
          },
        ],
      ],
    }
    same({ '2019': { '3': 2, '7': 1 }, '2021': 30 }, years)
    same(years, { '2019': { '3': 2, '7': 1 }, '2021': 30.000001 })
    expect(
      compareValues(
        { '2019': 20, '2021': 30 },
        {
          $entries: [
            ['2021', 30],
            ['2019', 21],
          ],
        },
      ),
    ).toBe('at ["2019"]: expected 20, got 21')
    expect(
      compareValues(
        { '2021': 30 },
        {
          $entries: [
            ['2021', 30],
            ['2019', 20],
          ],
        },
      ),
    ).toMatch(/"2019".*not expected/)
    same(
      [{ a: 1, '1': 2, '0': 3 }],
      {
        $entries: [
          ['a', [1]],
          ['1', [2]],
          ['0', [3]],
        ],
      },
      { frames: true },
    )
  })

  test('of bytes agree where the bytes do', () => {
    same({ $bytes: 'AAE=' }, { $bytes: 'AAE=' })
    expect(compareValues({ $bytes: 'AAE=' }, { $bytes: 'AAI=' })).toMatch(/^expected \{"\$bytes":"AAE="\}/)
  })

  test('take a key with null for a missing key, and nothing else', () => {
    same({ a: 1, b: null }, { a: 1 })
    same({ a: 1 }, { a: 1, b: null })
    same(null, undefined)
    expect(compareValues({ a: 1, b: 2 }, { a: 1 })).toBe('at b: expected 2, but it is missing')
    expect(compareValues({ a: 1 }, { a: 1, b: 0 })).toBe('at b: not expected, got 0')
    expect(compareValues([1, null], [1])).not.toBeNull()
  })

  test('may be one table in two shapes where that is asked for', () => {
    const records = [
      { day: '2024-01-01', x: 1.5 },
      { day: '2024-01-02', x: 2 },
    ]
    const columns = { day: ['2024-01-01', '2024-01-02'], x: [1.5, 2.0000001] }
    same(records, columns, { frames: true })
    same(columns, records, { frames: true })
    same({ table: records }, { table: columns }, { frames: true })
    expect(compareValues(records, columns)).not.toBeNull()
    expect(compareValues(records, { ...columns, x: [1.5, 3] }, { frames: true })).toBe('at [1].x: expected 2, got 3')
    expect(compareValues(records, { ...columns, x: [1.5] }, { frames: true })).not.toBeNull()
  })

  test('with keys that JavaScript treats in its own way are compared like others', () => {
    const hostile = JSON.parse('{"__proto__": {"x": 1}, "constructor": 1}') as JsonValue
    same(hostile, JSON.parse('{"constructor": 1, "__proto__": {"x": 1}}') as JsonValue)
    expect(compareValues(hostile, {})).not.toBeNull()
    expect(compareValues({}, hostile)).not.toBeNull()
  })

  test('nested ten thousand deep end in a sentence', () => {
    const deep = (leaf: number): JsonValue => Array.from({ length: 10_000 }).reduce<JsonValue>((inner) => [inner], leaf)
    expect(compareValues(deep(1), deep(2))).toMatch(/nested deeper/)
  })
})

describe('texts', () => {
  test('that mean the same instant agree', () => {
    same('2024-01-01', '2024-01-01T00:00:00')
    same('2024-01-01', '2024-01-01 00:00:00.000')
    same('2024-01-01T12:00:00Z', '2024-01-01T13:00:00+01:00')
    same('2024-01-01T00:00:00+00:00', '2024-01-01T00:00:00.000000000Z')
    expect(compareValues('2024-01-01', '2024-01-02')).not.toBeNull()
    expect(compareValues('2024-01-01T00:00:00.000000001', '2024-01-01')).not.toBeNull()
    expect(compareValues('2023-02-31', '2023-03-03')).not.toBeNull()
    expect(compareValues('2024-01', '2024-01-01')).not.toBeNull()
    expect(compareValues('2024-01-01T00:99', '2024-01-01T01:39')).not.toBeNull()
  })

  test('that mean equally long durations agree', () => {
    same('PT2H', 'PT120M')
    same('P1DT0.5S', 'PT86400.500S')
    expect(compareValues('PT2H', 'PT2M')).not.toBeNull()
    expect(compareValues('-PT2H', 'PT2H')).not.toBeNull()
  })

  test('agree whether their letters are composed or not, and are exact otherwise', () => {
    same('é', 'é')
    expect(compareValues('a', 'A')).not.toBeNull()
    expect(compareValues('a ', 'a')).not.toBeNull()
  })

  test('that are long or hostile are shown short and clean', () => {
    const message = compareValues('x', `\u001B[31m\u202E${'y'.repeat(10_000)}`)
    expect(message?.length).toBeLessThan(300)
    // oxlint-disable-next-line no-control-regex -- what must not be there
    expect(message).not.toMatch(/[\u0000-\u001F\u202E]/)
  })
})

test('every value agrees with itself and with its copy through JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      same(value as JsonValue, JSON.parse(JSON.stringify(value)) as JsonValue)
    }),
  )
})
