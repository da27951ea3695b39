import { describe, expect, test } from 'vitest'
import { coerceArguments } from '../../../src/agent/steps/coerce-arguments.ts'
import { validateValue } from '../../../src/domain/json/validate-value.ts'
import type { JsonObject, JsonValue } from '../../../src/contracts/json.ts'

const schema = {
  type: 'object',
  properties: {
    window: { type: 'integer', minimum: 1 },
    prices: { type: 'array', items: { type: 'number' } },
    name: { type: 'string' },
    closed: { type: 'boolean', default: true },
    ids: { type: 'array', items: { type: 'integer' } },
    limit: { anyOf: [{ type: 'number' }, { type: 'null' }] },
    options: { type: 'object', properties: { days: { type: 'integer' } } },
    mode: { enum: ['a', 'b'] },
    anything: {},
  },
  required: ['prices'],
  additionalProperties: false,
} satisfies JsonObject

const coerce = (args: JsonObject): JsonObject => coerceArguments(args, schema)

describe('arguments are brought to the types of the schema', () => {
  test.each<[string, JsonObject, JsonObject]>([
    ['text to an integer', { window: '37' }, { window: 37 }],
    ['text to numbers in a list', { prices: ['1.5', 2, '-3e2'] }, { prices: [1.5, 2, -300] }],
    ['a list as JSON text', { prices: '[1, "2"]' }, { prices: [1, '2'] }],
    ['text to a truth value', { closed: 'False' }, { closed: false }],
    ['text in a union', { limit: ' 2.5 ' }, { limit: 2.5 }],
    ['text in an object', { options: { days: '3' } }, { options: { days: 3 } }],
    ['an object as JSON text', { options: '{"days": 3}' }, { options: { days: 3 } }],
    ['a number to text', { name: 2024 }, { name: '2024' }],
    ['digits to an integer, all of them', { window: '4006381333931' }, { window: 4_006_381_333_931 }],
    [
      'more digits than a double has',
      { ids: ['9007199254740993', '-36893488147419103233'] },
      { ids: [{ $number: '9007199254740993' }, { $number: '-36893488147419103233' }] },
    ],
    ['digits in JSON text', { ids: '[9007199254740993]' }, { ids: [{ $number: '9007199254740993' }] }],
    ['a large number to text', { name: { $number: '9007199254740993' } }, { name: '9007199254740993' }],
    [
      'an object in its own order',
      {
        options: {
          $entries: [
            ['days', '3'],
            ['1', 'x'],
          ],
        },
      },
      {
        options: {
          $entries: [
            ['days', 3],
            ['1', 'x'],
          ],
        },
      },
    ],
    [
      'the name of a number to the number',
      { prices: [1, 'NaN', '-Infinity'] },
      { prices: [1, { $number: 'NaN' }, { $number: '-Infinity' }] },
    ],
    ['a missing number in a list to NaN', { prices: [1, null] }, { prices: [1, { $number: 'NaN' }] }],
    ['null for an optional parameter', { closed: null, prices: [] }, { prices: [] }],
  ])('%s', (_what, given, wanted) => {
    expect(coerce(given)).toEqual(wanted)
  })

  test.each<[string, JsonObject]>([
    ['a text that looks like a number where a text is wanted', { name: '37' }],
    ['a fraction where an integer is wanted', { window: '37.5' }],
    ['words', { window: 'many', prices: 'all', closed: 'yes' }],
    ['numbers in hexadecimal or with units', { window: '0x10', limit: '5 %' }],
    ['a required null, and one that the schema allows', { prices: null, limit: null }],
    ['what the schema says nothing about', { anything: '37', unknown: '37', mode: '1' }],
    ['broken JSON', { prices: '[1, 2' }],
  ])('but not %s', (_what, given) => {
    expect(coerce(given)).toEqual(given)
  })
})

describe('a value is held against a schema', () => {
  const problems = (value: JsonValue): string[] => validateValue(schema, value, 'arguments')

  test('with the exact place of what does not fit', () => {
    expect(problems({ prices: [1, 2, 'x'] })).toEqual(['arguments.prices[2] must be number'])
    expect(problems({ prices: [], window: 0 })).toEqual(['arguments.window must be >= 1'])
    expect(problems({ window: 1 })).toEqual(["arguments must have required property 'prices'"])
    expect(problems({ prices: [], wndow: 1 })).toEqual(['arguments must NOT have additional properties (wndow)'])
    expect(problems({ prices: [], mode: 'c' })).toEqual([
      'arguments.mode must be equal to one of the allowed values: ["a","b"]',
    ])
  })

  test('in which NaN and the infinities are numbers', () => {
    expect(problems({ prices: [1, { $number: 'NaN' }, { $number: '-Infinity' }] })).toEqual([])
  })

  test('in which large integers, decimals and objects in their own order are what they stand for', () => {
    const wide = {
      type: 'object',
      properties: { id: { type: 'integer', minimum: 1 }, price: { type: 'number', maximum: 10 } },
      additionalProperties: { type: 'number' },
    } satisfies JsonObject
    const fit = (value: JsonValue): string[] => validateValue(wide, value, 'v')
    expect(fit({ id: { $number: '9007199254740993' }, price: { $number: '9.50' } })).toEqual([])
    expect(fit({ id: { $number: '-9007199254740993' } })).toEqual(['v.id must be >= 1'])
    expect(fit({ id: { $number: '9.50' } })).toEqual(['v.id must be integer'])
    expect(fit({ price: { $number: '10.50' } })).toEqual(['v.price must be <= 10'])
    expect(
      fit({
        $entries: [
          ['2021', 1],
          ['2019', 2],
        ],
      }),
    ).toEqual([])
    expect(
      fit({
        $entries: [
          ['2021', 1],
          ['2019', 'x'],
        ],
      }),
    ).toEqual(['v[2019] must be number'])
  })

  test('whose patterns are not run on the host', () => {
    const hostile = { type: 'string', pattern: '^(a+)+$' } satisfies JsonObject
    const startedAt = performance.now()
    expect(validateValue(hostile, `${'a'.repeat(40)}!`, 'value')).toEqual([])
    expect(performance.now() - startedAt).toBeLessThan(5000)
  })

  test('in which a parameter may be called like a keyword', () => {
    const named = {
      type: 'object',
      properties: { pattern: { type: 'string' }, format: { type: 'integer' } },
      required: ['pattern'],
    } satisfies JsonObject
    expect(validateValue(named, { pattern: 'x', format: 'y' }, 'arguments')).toEqual([
      'arguments.format must be integer',
    ])
  })

  test('that cannot be used, and says so', () => {
    expect(validateValue({ type: 'nonsense' }, 1, 'the value')[0]).toMatch(/schema of the value cannot be used/)
    expect(validateValue({ $ref: 'https://example.com/x' }, 1, 'the value')[0]).toMatch(/cannot be used/)
  })
})
