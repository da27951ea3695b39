import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { generateInputs } from '../../../src/admission/twins/generate-inputs.ts'
import { readDictionary } from '../../../src/admission/twins/read-dictionary.ts'
import type { JsonObject, JsonSchema, JsonValue } from '../../../src/contracts/json.ts'

const schemaOf = (properties: Record<string, JsonValue>, required = Object.keys(properties)): JsonSchema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})
const valuesOf = (property: JsonValue, count = 200): JsonValue[] =>
  generateInputs(schemaOf({ x: property }), 1, count).map((input) => input['x'] ?? null)

describe('generated inputs', () => {
  const rich = schemaOf(
    {
      values: { type: 'array', items: { type: 'number', minimum: -5 } },
      mode: { enum: ['sum', 'mean', null] },
      day: { type: 'string', format: 'date' },
      options: {
        type: 'object',
        properties: { deep: { type: 'boolean' }, size: { type: 'integer' } },
        required: ['size'],
      },
      either: { anyOf: [{ type: 'integer', exclusiveMinimum: 3 }, { type: 'null' }] },
      pair: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }], minItems: 2, maxItems: 2 },
      counts: { type: 'object', additionalProperties: { type: 'integer' } },
      node: { $ref: '#/$defs/node' },
    },
    ['values', 'mode', 'day', 'options', 'either', 'pair', 'counts'],
  )
  rich['$defs'] = {
    node: { type: 'object', properties: { next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } } },
  }

  test('fit the schema, differ from each other, and are as many as asked for', () => {
    const inputs = generateInputs(rich, 5, 150)
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(rich)
    expect(inputs).toHaveLength(150)
    expect(inputs.filter((input) => !validate(input))).toEqual([])
    expect(new Set(inputs.map((input) => JSON.stringify(input))).size).toBe(150)
  })

  test('are the same for the same seed and others for another', () => {
    expect(generateInputs(rich, 5, 40)).toEqual(generateInputs(rich, 5, 40))
    expect(generateInputs(rich, 5, 40)).not.toEqual(generateInputs(rich, 6, 40))
  })

  test('have the edges of numbers, beside the bounds of the schema too', () => {
    expect(valuesOf({ type: 'number' })).toEqual(expect.arrayContaining([0, 1, -1, 0.5, 1_000_000]))
    const bounded = valuesOf({ type: 'integer', minimum: 3, maximum: 90 })
    expect(bounded).toEqual(expect.arrayContaining([3, 4, 90, 89]))
    expect(bounded.every((value) => Number.isInteger(value) && Number(value) >= 3 && Number(value) <= 90)).toBe(true)
  })

  test('have the edges of lists: none, one, equal ones, rising, falling', () => {
    const lists = valuesOf({ type: 'array', items: { type: 'number' } }) as number[][]
    const has = (accepts: (list: number[]) => boolean): boolean => lists.some(accepts)
    expect(has((list) => list.length === 0)).toBe(true)
    expect(has((list) => list.length === 1)).toBe(true)
    expect(has((list) => list.length > 2 && new Set(list).size === 1)).toBe(true)
    expect(has((list) => list.length > 3 && list.every((value, at) => at === 0 || value > (list[at - 1] ?? 0)))).toBe(
      true,
    )
    expect(has((list) => list.length > 2 && list.every((value, at) => at === 0 || value < (list[at - 1] ?? 0)))).toBe(
      true,
    )
  })

  test('have texts that are empty, blank, of other languages and beyond the basic plane', () => {
    expect(valuesOf({ type: 'string' })).toEqual(expect.arrayContaining(['', ' ', 'ß', '😀', 'a,b']))
    expect(valuesOf({ type: 'string', format: 'date' })).toEqual(expect.arrayContaining(['2024-02-29', '2023-12-31']))
  })

  test('keep to narrow schemas, and are fewer where there are no more', () => {
    expect(valuesOf({ type: 'boolean' }).sort()).toEqual([false, true])
    expect(valuesOf({ const: 7 })).toEqual([7])
    expect(valuesOf({ type: 'array', items: { type: 'integer' }, uniqueItems: true, maxItems: 2 }, 50)).toHaveLength(50)
    expect(generateInputs(schemaOf({}), 1, 10)).toEqual([{}])
  })

  test('begin with the examples and stay near them', () => {
    const schema = schemaOf({ start: { type: 'string' }, rows: { type: 'array', items: { type: 'object' } } })
    const example = {
      start: '2024-03-31',
      rows: [
        { k: 'a', v: 1 },
        { k: 'b', v: 2 },
      ],
    }
    const inputs = generateInputs(schema, 1, 100, { examples: [example] })
    expect(inputs[0]).toEqual(example)
    const rows = inputs.filter((input) => JSON.stringify(input['rows']).includes('"k"'))
    expect(rows.length).toBeGreaterThan(40)
  })

  test('give arguments that may be left out at times, and leave them out at others', () => {
    const schema = schemaOf({ x: { type: 'integer' }, window: { type: 'integer' } }, ['x'])
    const inputs = generateInputs(schema, 1, 100, { examples: [{ x: 3 }] })
    const given = inputs.filter((input) => 'window' in input).length
    expect(given).toBeGreaterThan(10)
    expect(given).toBeLessThan(90)
  })

  test('use the numbers and texts of the code', () => {
    const dictionary = readDictionary(['if amount > 1000 and name == "VAT":\n    return amount * 0.19'])
    const schema = schemaOf({ amount: { type: 'number' }, name: { type: 'string' } })
    const inputs = generateInputs(schema, 1, 100, { dictionary })
    expect(inputs.map((input) => input['amount'])).toEqual(expect.arrayContaining([1000, 1001, 999, 0.19]))
    expect(inputs.map((input) => input['name'])).toContain('VAT')
  })

  test('have arguments that are equal, and numbers that are the length of a list', () => {
    const schema = schemaOf({
      a: { type: 'string' },
      b: { type: 'string' },
      n: { type: 'integer' },
      list: { type: 'array' },
    })
    const inputs = generateInputs(schema, 1, 200, { examples: [{ a: 'x1', b: 'y2', n: 20, list: [7, 8, 9, 10, 11] }] })
    expect(inputs.some((input) => input['a'] === input['b'] && input['a'] !== '')).toBe(true)
    expect(inputs.some((input) => Array.isArray(input['list']) && input['list'].length === input['n'])).toBe(true)
  })

  test('near a huge example are few', () => {
    const values = Array.from({ length: 200_000 }, (_, index) => index)
    const schema = schemaOf({ values: { type: 'array', items: { type: 'number' } } })
    const inputs = generateInputs(schema, 1, 300, { examples: [{ values }] })
    expect(inputs[0]).toEqual({ values })
    expect(JSON.stringify(inputs).length).toBeLessThan(5_000_000)
    expect(inputs.length).toBeGreaterThan(20)
  })

  test('of examples against the schema use only what fits', () => {
    const inputs = generateInputs(schemaOf({ x: { type: 'integer' } }), 1, 30, { examples: [{ x: 'no' }, { y: 1 }] })
    expect(inputs).toHaveLength(30)
    expect(inputs.every((input: JsonObject) => Number.isInteger(input['x']))).toBe(true)
  })

  test.each<[string, JsonValue]>([
    ['that is none', { type: 'nonsense' }],
    ['that leads round in circles', { $ref: '#/properties/x' }],
    ['that leads nowhere', { $ref: '#/$defs/missing' }],
  ])('of a schema %s are refused', (_name, property) => {
    expect(() => valuesOf(property)).toThrow(expect.objectContaining({ code: 'invalid_arguments' }))
  })

  test('of a schema that nothing fits are none, in bounded time', () => {
    const startedAt = performance.now()
    expect(valuesOf({ allOf: [{ type: 'string' }, { type: 'integer' }] })).toEqual([])
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  })
})

describe('the dictionary of code', () => {
  test('has numbers with their neighbours and short texts', () => {
    const { numbers, texts } = readDictionary(["LIMIT = 4000\nRATE = 0.5\nKIND = 'late'\nname2 = other.x3\n"])
    expect(numbers).toEqual([4000, 0.5, 4001, 1.5, 3999, -0.5])
    expect(texts).toEqual(['late'])
  })

  test('stays small, and takes nothing from nothing', () => {
    const long = Array.from({ length: 5000 }, (_, index) => `${index} "text ${index}"`).join(' ')
    const { numbers, texts } = readDictionary([long])
    expect(numbers.length).toBeLessThanOrEqual(60)
    expect(texts.length).toBeLessThanOrEqual(16)
    expect(readDictionary([])).toEqual({ numbers: [], texts: [] })
    expect(readDictionary(['1e999 "unclosed'])).toEqual({ numbers: [], texts: [] })
  })
})
