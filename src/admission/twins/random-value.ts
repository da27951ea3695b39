import type { JsonSchema, JsonValue } from '../../contracts/json.ts'
import { pickInteger, pickOne, shuffle, type Random } from '../random.ts'
import { edgeValues, type ValueSource } from './edge-values.ts'
import { alternatives, asSchema, parametersOf, resolveReference } from './schema-parts.ts'

/** Of all values, at every depth: code goes wrong at edges, but a list of nothing but edges seldom gives a result. */
const EDGE_SHARE = 0.3
const MOST_ITEMS = 8
const MOST_DEPTH = 5
const LETTERS = 'abcdeABC012 _-,.äß'

/** A value of a schema, with the edges more often than chance would have them. */
export function randomValue(schema: JsonSchema, source: ValueSource, random: Random, depth = 0): JsonValue {
  const resolved = resolveReference(schema, source.root)
  const edges = random() < EDGE_SHARE || depth > MOST_DEPTH ? edgeValues(resolved, source, depth) : []
  if (edges.length > 0) return pickOne(random, edges)
  if (resolved['const'] !== undefined) return resolved['const']
  if (Array.isArray(resolved['enum']) && resolved['enum'].length > 0) return pickOne(random, resolved['enum'])
  const variant = pickOne(random, alternatives(resolved))
  switch (variant['type']) {
    case 'integer':
      return pickInteger(random, ...rangeOf(variant, random))
    case 'number':
      return randomNumber(variant, random)
    case 'string':
      return randomText(variant, source, random)
    case 'boolean':
      return random() < 0.5
    case 'null':
      return null
    case 'array':
      return randomList(variant, source, random, depth)
    case 'object':
      return randomObject(variant, source, random, depth)
    default:
      return pickOne(random, edgeValues({}, source))
  }
}

function randomNumber(schema: JsonSchema, random: Random): number {
  const [low, high] = rangeOf(schema, random)
  // Whole numbers and few digits: equal ones meet, and sums can be followed by eye.
  const digits = pickOne(random, [1, 1, 10, 100])
  const number = Math.round((low + random() * (high - low)) * digits) / digits
  return Math.min(high, Math.max(low, number))
}

/** Within the schema's bounds; small where it has none. */
function rangeOf(schema: JsonSchema, random: Random): [number, number] {
  const span = pickOne(random, [5, 20, 1000])
  const low = boundOf(schema, 'minimum', 'exclusiveMinimum', 1)
  const high = boundOf(schema, 'maximum', 'exclusiveMaximum', -1)
  if (low !== null && high !== null) return [low, Math.max(low, high)]
  if (low !== null) return [low, low + span]
  return high === null ? [-span, span] : [high - span, high]
}

function boundOf(schema: JsonSchema, name: string, exclusive: string, step: number): number | null {
  const [bound, strict] = [schema[name], schema[exclusive]]
  if (typeof strict === 'number') return strict + step
  return typeof bound === 'number' ? bound : null
}

function randomText(schema: JsonSchema, source: ValueSource, random: Random): string {
  if (schema['format'] === 'date' || schema['format'] === 'date-time') {
    const day = new Date(Date.UTC(2020, 0, pickInteger(random, 1, 2000))).toISOString()
    return schema['format'] === 'date' ? day.slice(0, 10) : day
  }
  if (typeof schema['format'] === 'string') return String(pickOne(random, edgeValues(schema, source)))
  const least = typeof schema['minLength'] === 'number' ? schema['minLength'] : 0
  const length = pickInteger(random, least, least + 10)
  return Array.from({ length }, () => pickOne(random, [...LETTERS])).join('')
}

function randomList(schema: JsonSchema, source: ValueSource, random: Random, depth: number): JsonValue[] {
  const { prefixItems } = schema
  if (Array.isArray(prefixItems)) {
    return prefixItems.map((item) => randomValue(asSchema(item), source, random, depth + 1))
  }
  const least = typeof schema['minItems'] === 'number' ? schema['minItems'] : 0
  const most = typeof schema['maxItems'] === 'number' ? schema['maxItems'] : least + MOST_ITEMS
  const length = pickInteger(random, Math.min(Math.max(least, 1), most), Math.min(most, least + MOST_ITEMS))
  const items = Array.from({ length }, () => randomValue(asSchema(schema['items']), source, random, depth + 1))
  const form = random()
  if (form < 0.2 && items.length > 1) items[items.length - 1] = items[0] ?? null
  if (form > 0.8 && items.every((item) => typeof item === 'number')) items.sort((a, b) => Number(a) - Number(b))
  return items
}

function randomObject(schema: JsonSchema, source: ValueSource, random: Random, depth: number): JsonValue {
  const fields = parametersOf(schema)
  if (fields.length > 0) {
    const there = fields.filter((field) => field.required || random() < 0.5)
    return Object.fromEntries(there.map((field) => [field.name, randomValue(field.schema, source, random, depth + 1)]))
  }
  const keys = shuffle(random, ['a', 'b', 'c', 'name', 'x y']).slice(0, pickInteger(random, 0, 4))
  const values = asSchema(schema['additionalProperties'])
  return Object.fromEntries(keys.map((key) => [key, randomValue(values, source, random, depth + 1)]))
}
