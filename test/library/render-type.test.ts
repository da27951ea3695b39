import { describe, expect, test } from 'vitest'
import type { JsonSchema } from '../../src/contracts/json.ts'
import { renderType, renderValue } from '../../src/library/render-type.ts'

describe('a schema as a type', () => {
  test.each<[JsonSchema, string, string]>([
    [{ type: 'string' }, 'str', 'string'],
    [{ type: 'number' }, 'float', 'number'],
    [{ type: 'integer' }, 'int', 'number'],
    [{ type: 'boolean' }, 'bool', 'boolean'],
    [{ type: 'null' }, 'None', 'null'],
    [{}, 'Any', 'unknown'],
    [{ type: 'tuple' }, 'Any', 'unknown'],
    [{ type: 'array' }, 'list[Any]', 'unknown[]'],
    [{ type: 'array', items: { type: 'array', items: { type: 'number' } } }, 'list[list[float]]', 'number[][]'],
    [
      { type: 'array', items: { anyOf: [{ type: 'number' }, { type: 'null' }] } },
      'list[float | None]',
      '(number | null)[]',
    ],
    [{ type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] }, 'tuple[str, float]', '[string, number]'],
    [{ type: 'object' }, 'dict', 'Record<string, unknown>'],
    [{ type: 'object', additionalProperties: { type: 'number' } }, 'dict[str, float]', 'Record<string, number>'],
    [
      { type: 'object', properties: { a: { type: 'number' }, b: { type: 'string' } }, required: ['a'] },
      '{a: float, b?: str}',
      '{ a: number; b?: string }',
    ],
    [
      { type: 'array', items: { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] } },
      'list[{a: float}]',
      '{ a: number }[]',
    ],
    [{ type: ['string', 'null'] }, 'str | None', 'string | null'],
    [{ oneOf: [{ type: 'integer' }, { type: 'number' }] }, 'int | float', 'number'],
    [{ enum: ['a', 1, true, null] }, 'Literal["a", 1, True, None]', '"a" | 1 | true | null'],
    [{ const: 'only' }, 'Literal["only"]', '"only"'],
    [{ $ref: '#/$defs/Row', $defs: { Row: { type: 'number' } } }, 'float', 'number'],
    [{ $ref: '#/$defs/Nowhere' }, 'Any', 'unknown'],
    [{ $ref: 'https://example.org/schema' }, 'Any', 'unknown'],
    [{ $ref: '#' }, 'Any', 'unknown'],
    [{ $ref: '#/%E0%A4%A' }, 'Any', 'unknown'],
  ])('%j', (schema, python, typescript) => {
    expect(renderType(schema, 'python')).toBe(python)
    expect(renderType(schema, 'javascript')).toBe(typescript)
  })

  test('a type that holds itself ends', () => {
    const schema = {
      $ref: '#/$defs/Node',
      $defs: { Node: { type: 'object', properties: { next: { $ref: '#/$defs/Node' } } } },
    }
    expect(renderType(schema, 'python').length).toBeLessThan(200)
  })

  test('many choices become their type', () => {
    expect(renderType({ enum: Array.from({ length: 50 }, (_, index) => `c${index}`) }, 'python')).toBe('str')
    expect(renderType({ enum: Array.from({ length: 50 }, (_, index) => index) }, 'javascript')).toBe('unknown')
  })
})

test('a value is written as the language writes it', () => {
  const value = { a: [1, 'x', null], b: true }
  expect(renderValue(value, 'python')).toBe('{"a": [1, "x", None], "b": True}')
  expect(renderValue(value, 'javascript')).toBe('{"a":[1,"x",null],"b":true}')
})
