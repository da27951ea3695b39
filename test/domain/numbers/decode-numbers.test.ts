import { describe, expect, test } from 'vitest'
import type { JsonObject, JsonSchema, JsonValue } from '../../../src/contracts/json.ts'
import { decodeNumbers } from '../../../src/domain/numbers/decode-numbers.ts'

const NAN = { $number: 'NaN' }
const number = { type: 'number' }
const text = { type: 'string' }
const listOf = (items: JsonObject): JsonObject => ({ type: 'array', items })
const recordOf = (properties: JsonObject): JsonObject => ({ type: 'object', properties })

function decode(value: JsonValue, schema: JsonObject, more: JsonObject = {}): JsonValue | undefined {
  return decodeNumbers({ x: value }, { type: 'object', properties: { x: schema }, ...more })['x']
}

describe('the name of a number is a number', () => {
  test.each<[string, JsonValue, JsonObject, JsonValue]>([
    ['of a parameter', 'NaN', number, NAN],
    ['in another spelling', '-inf', number, { $number: '-Infinity' }],
    ['that may be missing', 'Infinity', { anyOf: [number, { type: 'null' }] }, { $number: 'Infinity' }],
    ['of a list of types', 'nan', { type: ['number', 'null'] }, NAN],
    ['of an integer, so that it can be refused', 'NaN', { type: 'integer' }, NAN],
    ['in a list', [1, 'NaN', null], listOf(number), [1, NAN, null]],
    ['in a list of lists', [['NaN'], [2, 'Infinity']], listOf(listOf(number)), [[NAN], [2, { $number: 'Infinity' }]]],
    ['in a tuple', ['NaN', 'NaN'], { type: 'array', prefixItems: [text, number] }, ['NaN', NAN]],
    ['in a record', { day: 'a', v: 'NaN' }, recordOf({ day: text, v: number }), { day: 'a', v: NAN }],
    ['in a list of records', [{ v: 'NaN' }, { v: 1 }], listOf(recordOf({ v: number })), [{ v: NAN }, { v: 1 }]],
    ['in columns', { a: [1, 'NaN'] }, { type: 'object', additionalProperties: listOf(number) }, { a: [1, NAN] }],
    ['of a number or a list of them', ['NaN'], { anyOf: [number, listOf(number)] }, [NAN]],
    ['of a number or a list of them, alone', 'NaN', { anyOf: [number, listOf(number)] }, NAN],
    [
      'in a part of two kinds',
      [{ v: 'NaN' }],
      listOf({ oneOf: [recordOf({ v: number }), { type: 'null' }] }),
      [{ v: NAN }],
    ],
    ['of all schemas together', 'NaN', { allOf: [number, { description: 'd' }] }, NAN],
    ['of a choice among numbers', 'NaN', { enum: [1, 2] }, NAN],
  ])('%s', (_, value, schema, expected) => {
    expect(decode(value, schema)).toEqual(expected)
  })

  test('behind a reference', () => {
    const $defs = { Row: recordOf({ v: listOf(number) }) }
    expect(decode([{ v: ['NaN'] }], listOf({ $ref: '#/$defs/Row' }), { $defs })).toEqual([{ v: [NAN] }])
  })

  test.each<[string, JsonValue, JsonValue]>([
    ['among numbers of a list', [1, 'NaN', 3], [1, NAN, 3]],
    [
      'among numbers of records',
      [{ v: 1 }, { v: 'NaN' }, { v: '-Infinity' }],
      [{ v: 1 }, { v: NAN }, { v: { $number: '-Infinity' } }],
    ],
    ['in a column beside one of texts', { day: ['a', 'b'], v: ['NaN', 2] }, { day: ['a', 'b'], v: [NAN, 2] }],
    [
      'in rows beside texts',
      [
        ['a', 'NaN'],
        ['b', 2],
      ],
      [
        ['a', NAN],
        ['b', 2],
      ],
    ],
    ['alone', 'NaN', NAN],
  ])('where the schema does not say what it takes: %s', (_, value, expected) => {
    expect(decode(value, {})).toEqual(expected)
  })
})

describe('a text stays one', () => {
  test.each<[string, JsonValue, JsonObject]>([
    ['where a text is wanted', 'NaN', text],
    ['where a text is taken, too', 'NaN', { anyOf: [number, text] }],
    ['where a list of types has it', 'Infinity', { type: ['string', 'number'] }],
    ['in a list of texts', ['NaN', 'b'], listOf(text)],
    ['in a field of texts', [{ name: 'NaN', v: 1 }], listOf(recordOf({ name: text, v: number }))],
    ['of a choice among texts', 'NaN', { enum: ['NaN', 'zero'] }],
    ['that is one and no other', 'NaN', { const: 'NaN' }],
    ['that a date is', '2024-01-01', number],
    ['that is a numeral', '12', number],
    ['where a truth value is wanted', 'NaN', { type: 'boolean' }],
    ['where the schema does not say, in another spelling', ['nan', 1], {}],
    ['where the schema does not say, among other texts', ['NaN', 'Bob'], {}],
    ['where the schema does not say, among other texts of records', [{ name: 'NaN' }, { name: 'Bob' }], {}],
  ])('%s', (_, value, schema) => {
    expect(decode(value, schema)).toEqual(value)
  })
})

test('what is decoded already, and the order of labels, stay', () => {
  const value: JsonObject = {
    $entries: [
      ['b', 'NaN'],
      ['1', NAN],
    ],
  }
  expect(decode(value, { type: 'object', additionalProperties: number })).toEqual({
    $entries: [
      ['b', NAN],
      ['1', NAN],
    ],
  })
})

test('a schema that refers to itself, and values nested for ever, end', () => {
  const schema: JsonSchema = { type: 'object', properties: { x: { $ref: '#/properties/x' } } }
  expect(decodeNumbers({ x: 'NaN' }, schema)).toEqual({ x: NAN })
  let deep: JsonValue = 'NaN'
  for (let level = 0; level < 1000; level += 1) deep = [deep]
  expect(() => decodeNumbers({ x: deep }, {})).not.toThrow()
})
