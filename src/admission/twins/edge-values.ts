import type { JsonSchema, JsonValue } from '../../contracts/json.ts'
import { stableText } from '../../util/stable-text.ts'
import type { Dictionary } from './read-dictionary.ts'
import { alternatives, asSchema, parametersOf, resolveReference } from './schema-parts.ts'

const INTEGERS = [0, 1, -1, 2, 3, 10, 100, 1_000_000]
const NUMBERS = [...INTEGERS, 0.5, -0.5, 1.5, 2.5, 0.1, -2.75, 1e-9, 1e9]
const MISSING: JsonValue = { $number: 'NaN' }
const TEXTS = [
  '',
  ' ',
  'a',
  'A',
  'b',
  'aa',
  'ab',
  'Ab',
  '0',
  '-1',
  '1.5',
  'a b',
  ' a ',
  'a,b',
  'Ä',
  '😀',
  'ß',
  'level',
  'A-b_c',
  '\n',
]
const DATES = [
  '2024-02-29',
  '2023-02-28',
  '2024-01-01',
  '2023-12-31',
  '2024-03-31',
  '2000-01-01',
  '1999-12-31',
  '2024-07-15',
]
const FORMATS: Readonly<Record<string, readonly string[]>> = {
  date: DATES,
  'date-time': DATES.map((date) => `${date}T23:59:59Z`),
  time: ['00:00:00', '12:30:00', '23:59:59'],
  uuid: ['00000000-0000-0000-0000-000000000000', '123e4567-e89b-42d3-a456-426614174000'],
}

/** What values are made for. */
export interface ValueSource {
  /** The whole schema, into which references point. */
  root: JsonSchema
  /** Numbers and texts at which this code in particular may go wrong. */
  dictionary: Dictionary
  /** With NaN where a number stands in a list or a record: what a missing field of a table arrives as. */
  missing: boolean
}

/** Values at which code goes wrong: empty, one, zero, negative, equal, unsorted, the bounds of the schema and beside them. */
export function edgeValues(schema: JsonSchema, source: ValueSource, depth = 0): JsonValue[] {
  const resolved = resolveReference(schema, source.root)
  if (resolved['const'] !== undefined) return [resolved['const']]
  if (Array.isArray(resolved['enum'])) return resolved['enum']
  const variants = alternatives(resolved)
  if (variants.length > 1) return variants.flatMap((variant) => edgeValues(variant, source, depth))
  const given = resolved['default'] === undefined ? [] : [resolved['default']]
  return distinct([...given, ...edgesOfType(variants[0] ?? {}, source, depth)])
}

/** Deeper structure has no edges of its own: they would multiply. */
const MOST_DEPTH = 3

function edgesOfType(schema: JsonSchema, source: ValueSource, depth: number): JsonValue[] {
  switch (schema['type']) {
    case 'integer':
      return withBounds([...source.dictionary.numbers, ...INTEGERS], schema).filter(Number.isInteger)
    case 'number':
      return [
        ...withBounds([...source.dictionary.numbers, ...NUMBERS], schema),
        ...(source.missing && depth > 0 ? [MISSING] : []),
      ]
    case 'string':
      return edgeTexts(schema, source.dictionary)
    case 'boolean':
      return [false, true]
    case 'null':
      return [null]
    case 'array':
      return depth > MOST_DEPTH ? [[]] : edgeLists(schema, source, depth)
    case 'object':
      return depth > MOST_DEPTH ? [{}] : edgeObjects(schema, source, depth)
    default:
      return [0, 1, 'a', '', null, true, [], ...source.dictionary.numbers, ...source.dictionary.texts]
  }
}

function withBounds(plain: readonly number[], schema: JsonSchema): number[] {
  const step = typeof schema['multipleOf'] === 'number' ? schema['multipleOf'] : 1
  const bounds = ['minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum'].flatMap((name) => {
    const bound = schema[name]
    return typeof bound === 'number' ? [bound, bound + step, bound - step] : []
  })
  return [...bounds, ...plain]
}

function edgeTexts(schema: JsonSchema, dictionary: Dictionary): string[] {
  const { format, minLength, maxLength } = schema
  const plain = [...dictionary.texts, ...TEXTS]
  const texts = typeof format === 'string' ? (FORMATS[format] ?? plain) : plain
  const lengths = [minLength, maxLength].filter((length) => typeof length === 'number' && length <= 1000)
  return [...lengths.map((length) => 'x'.repeat(Number(length))), ...texts]
}

function edgeLists(schema: JsonSchema, source: ValueSource, depth: number): JsonValue[] {
  const { prefixItems } = schema
  if (Array.isArray(prefixItems)) {
    const columns = prefixItems.map((item) => edgeValues(asSchema(item), source, depth + 1))
    return [0, 1, 2].map((row) => columns.map((column) => column[row % column.length] ?? null))
  }
  const items = edgeValues(asSchema(schema['items']), source, depth + 1)
  const [few, rest] = [items.slice(0, SINGLE_ITEMS), items.slice(SINGLE_ITEMS)]
  const together = [items, items.toReversed()].flatMap((values) =>
    PATTERNS.map((places) => places.map((place) => values[place % values.length] ?? null)),
  )
  return [[], ...few.map((item) => [item]), ...together, ...rest.map((item) => [item])]
}

/** Lists of one come first, but not all of them: what goes wrong in a list seldom does with one item. */
const SINGLE_ITEMS = 6

/** Which items stand in a list: equal ones, rising, falling, with ties, many. */
const PATTERNS = [
  [1, 1],
  [1, 3],
  [3, 1],
  [1, 1, 1, 1],
  [0, 1, 3, 4],
  [4, 3, 1, 2, 0],
  [3, 1, 3, 4, 1, 3],
  [0, 1, 2, 3, 4, 5, 6, 7],
]

function edgeObjects(schema: JsonSchema, source: ValueSource, depth: number): JsonValue[] {
  const fields = parametersOf(schema)
  if (fields.length === 0) {
    const values = edgeValues(asSchema(schema['additionalProperties']), source, depth + 1)
    const keys = ['a', 'b', 'c']
    const rows = [0, 1, 2].map((row) =>
      Object.fromEntries(keys.map((key, at) => [key, values[(row + at) % values.length] ?? null])),
    )
    return [{}, { a: values[0] ?? null }, ...rows]
  }
  const columns = fields.map(({ name, schema }) => ({ name, values: edgeValues(schema, source, depth + 1) }))
  const longest = Math.min(8, Math.max(...columns.map(({ values }) => values.length)))
  return Array.from({ length: longest }, (_, row) =>
    Object.fromEntries(columns.map(({ name, values }) => [name, values[row % values.length] ?? null])),
  )
}

export function distinct(values: readonly JsonValue[]): JsonValue[] {
  const seen = new Set<string>()
  return values.filter((value) => {
    const text = stableText(value)
    return seen.has(text) ? false : seen.add(text)
  })
}
