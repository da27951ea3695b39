import { describe, expect, test } from 'vitest'
import { alignParameters, listAlignments } from '../../../src/admission/twins/align-parameters.ts'
import type { JsonSchema, JsonValue } from '../../../src/contracts/json.ts'

const schemaOf = (properties: Record<string, JsonValue>, required = Object.keys(properties)): JsonSchema => ({
  type: 'object',
  properties,
  required,
})
const NUMBER = { type: 'number' }
const TEXT = { type: 'string' }
const NUMBERS = { type: 'array', items: NUMBER }

const align = (tool: JsonSchema, other: JsonSchema): Record<string, string> | null => {
  const names = alignParameters(tool, other)
  return names && Object.fromEntries(names)
}

describe('parameters fit', () => {
  test('by name, in whatever order', () => {
    expect(align(schemaOf({ a: NUMBER, b: TEXT }), schemaOf({ b: TEXT, a: NUMBER }))).toEqual({ a: 'a', b: 'b' })
  })

  test('by position where the names differ and the types do not', () => {
    expect(align(schemaOf({ values: NUMBERS, size: NUMBER }), schemaOf({ data: NUMBERS, width: NUMBER }))).toEqual({
      values: 'data',
      size: 'width',
    })
  })

  test('in another order under other names, where the types leave one way', () => {
    expect(align(schemaOf({ a: NUMBER, b: TEXT }), schemaOf({ x: TEXT, y: NUMBER }))).toEqual({ a: 'y', b: 'x' })
  })

  test('in every order that the types allow: the same names first, then by position, and never more than 24', () => {
    const list = (tool: JsonSchema, other: JsonSchema) =>
      listAlignments(tool, other).map((names) => [...names.values()].join(''))
    expect(list(schemaOf({ a: NUMBER, b: NUMBER }), schemaOf({ b: NUMBER, a: NUMBER }))).toEqual(['ab', 'ba'])
    expect(list(schemaOf({ a: NUMBER, b: NUMBER }), schemaOf({ x: NUMBER, y: NUMBER }))).toEqual(['xy', 'yx'])
    const many = schemaOf(Object.fromEntries([...'abcdefgh'].map((name) => [name, NUMBER])))
    expect(list(many, many)).toHaveLength(24)
    expect(list(many, many)[0]).toBe('abcdefgh')
    expect(list(schemaOf({ a: TEXT, b: NUMBER }), schemaOf({ x: NUMBER, y: NUMBER }))).toEqual([])
  })

  test('with descriptions, defaults and bounds that differ', () => {
    const one = { ...NUMBER, description: 'one', default: 1 }
    expect(align(schemaOf({ a: one }, []), schemaOf({ b: { ...NUMBER, minimum: 0 } }, []))).toEqual({ a: 'b' })
  })

  test('an integer where a number is taken, a text where a text or nothing is', () => {
    expect(align(schemaOf({ a: { type: 'integer' } }), schemaOf({ b: NUMBER }))).toEqual({ a: 'b' })
    expect(align(schemaOf({ a: TEXT }), schemaOf({ b: { anyOf: [TEXT, { type: 'null' }] } }))).toEqual({ a: 'b' })
    expect(align(schemaOf({ a: TEXT }), schemaOf({ b: { type: ['string', 'null'] } }))).toEqual({ a: 'b' })
  })

  test('where the other has more that may be left out', () => {
    expect(align(schemaOf({ a: NUMBER }), schemaOf({ b: NUMBER, more: TEXT }, ['b']))).toEqual({ a: 'b' })
  })

  test('through references', () => {
    const other = { ...schemaOf({ b: { $ref: '#/$defs/numbers' } }), $defs: { numbers: NUMBERS } }
    expect(align(schemaOf({ a: NUMBERS }), other)).toEqual({ a: 'b' })
  })

  test('where there are none', () => {
    expect(align(schemaOf({}), schemaOf({}))).toEqual({})
  })
})

describe('parameters do not fit', () => {
  test.each<[string, JsonSchema, JsonSchema]>([
    ['of another type', schemaOf({ a: NUMBER }), schemaOf({ b: TEXT })],
    ['of the same name and another type', schemaOf({ a: NUMBER }), schemaOf({ a: TEXT })],
    ['that are fewer', schemaOf({ a: NUMBER, b: NUMBER }), schemaOf({ x: NUMBER })],
    ['with one more that is required', schemaOf({ a: NUMBER }), schemaOf({ x: NUMBER, y: NUMBER })],
    ['a number where an integer is taken', schemaOf({ a: NUMBER }), schemaOf({ b: { type: 'integer' } })],
    [
      'any text where one of two is taken',
      schemaOf({ a: TEXT }),
      schemaOf({ b: { type: 'string', enum: ['x', 'y'] } }),
    ],
    ['items of another type', schemaOf({ a: NUMBERS }), schemaOf({ b: { type: 'array', items: TEXT } })],
    ['nothing where a text is needed', schemaOf({ a: { type: ['string', 'null'] } }), schemaOf({ b: TEXT })],
    ['one that may be left out for one that may not', schemaOf({ a: NUMBER }, []), schemaOf({ b: NUMBER })],
    [
      'records with other columns',
      schemaOf({ a: { type: 'array', items: schemaOf({ day: TEXT }) } }),
      schemaOf({ b: { type: 'array', items: schemaOf({ date: TEXT }) } }),
    ],
  ])('%s', (_name, tool, other) => {
    expect(align(tool, other)).toBeNull()
  })

  test('and a reference that leads nowhere or round in circles is no crash', () => {
    const circle = { ...schemaOf({ b: { $ref: '#/$defs/a' } }), $defs: { a: { $ref: '#/$defs/a' } } }
    expect(align(schemaOf({ a: TEXT }), circle)).toEqual({ a: 'b' })
    expect(align(schemaOf({ a: TEXT }), schemaOf({ b: { $ref: '#/nowhere' } }))).toEqual({ a: 'b' })
  })
})
