import type { JsonObject, JsonSchema, JsonValue } from '../../contracts/json.ts'
import { isObject, readEntries, toObject } from '../json/entries.ts'
import { variantsOf } from '../json/schema-variants.ts'
import { readNumberName } from './read-number.ts'

/** As prompts have them written. Where the schema says that a number is wanted, other spellings count as well. */
const PLAIN_NAME = /^(?:NaN|-?Infinity)$/

/** Deeper than the sandbox lets values be. */
const MAX_DEPTH = 200

/**
 * Arguments as JSON has them, with "NaN", "Infinity" and "-Infinity" made numbers where the tool's schema takes a number and no
 * text there: JSON has no word for them, and models and people write their names. Where the schema says nothing (the fields of
 * a record), the values beside it decide: a name among other texts is a text.
 */
export function decodeNumbers(args: JsonObject, inputSchema: JsonSchema): JsonObject {
  const [decoded] = decodeAlike([args], [inputSchema], inputSchema, 0)
  return isObject(decoded) ? decoded : args
}

/** Values that stand in one and the same place of their lists or records. `schemas` are the alternatives of that place. */
function decodeAlike(
  values: readonly JsonValue[],
  schemas: readonly JsonSchema[],
  root: JsonSchema,
  depth: number,
): JsonValue[] {
  if (depth > MAX_DEPTH) return [...values]
  const variants = schemas.flatMap((schema) => variantsOf(schema, root))
  const isName = readerOf(variants, values)
  const lists = decodeLists(values.filter(Array.isArray), variants, root, depth)
  const records = decodeRecords(values, variants, root, depth)
  return values.map((value, index) => {
    if (typeof value === 'string') return isName(value) ? toTag(value) : value
    if (Array.isArray(value)) return lists.shift() ?? value
    return records[index] ?? value
  })
}

/** Which texts stand for a number there. */
function readerOf(variants: readonly JsonSchema[], values: readonly JsonValue[]): (text: string) => boolean {
  const types = variants.map(typeOf)
  if (types.includes(null)) {
    const texts = values.filter((value) => typeof value === 'string')
    const areNames = texts.every((text) => PLAIN_NAME.test(text))
    return (text) => areNames && PLAIN_NAME.test(text)
  }
  const takesNumber = types.some((type) => type === 'number' || type === 'integer')
  return (text) => takesNumber && !types.includes('string') && readNumberName(text) !== null
}

function toTag(text: string): JsonObject {
  const number = readNumberName(text)
  return { $number: String(number) }
}

/** One list: its items are alike. Several lists that are alike are rows: what stands at one place of all of them is. */
function decodeLists(
  lists: JsonValue[][],
  variants: readonly JsonSchema[],
  root: JsonSchema,
  depth: number,
): JsonValue[][] {
  const arrays = variants.filter((variant) => typeOf(variant) === 'array' || typeOf(variant) === null)
  const itemsAt = (place: number): JsonSchema[] => arrays.map((variant) => itemSchema(variant, place))
  const isTuple = arrays.some(({ prefixItems }) => Array.isArray(prefixItems))
  if (lists.length === 1 && !isTuple) return lists.map((list) => decodeAlike(list, itemsAt(0), root, depth + 1))
  const longest = Math.max(0, ...lists.map((list) => list.length))
  const decoded = lists.map((list) => [...list])
  for (let place = 0; place < longest; place += 1) {
    const there = decoded.filter((list) => list.length > place)
    const column = there.map((list) => list[place] ?? null)
    decodeAlike(column, itemsAt(place), root, depth + 1).forEach((value, index) => {
      const list = there[index]
      if (list !== undefined) list[place] = value
    })
  }
  return decoded
}

function itemSchema({ items, prefixItems }: JsonSchema, place: number): JsonSchema {
  const own = Array.isArray(prefixItems) ? prefixItems[place] : undefined
  return isObject(own) ? own : isObject(items) ? items : {}
}

/** By the index of the value; undefined for what is no record. */
function decodeRecords(
  values: readonly JsonValue[],
  variants: readonly JsonSchema[],
  root: JsonSchema,
  depth: number,
): (JsonObject | undefined)[] {
  const objects = variants.filter((variant) => typeOf(variant) === 'object' || typeOf(variant) === null)
  const records = values.map((value) => readEntries(value))
  const columns = new Map<string, { at: [string, JsonValue][]; index: number }[]>()
  for (const record of records) {
    record?.forEach(([label], index) => {
      const column = columns.get(label) ?? []
      column.push({ at: record, index })
      columns.set(label, column)
    })
  }
  const decoded = new Map(records.flatMap((record) => (record === null ? [] : [[record, [...record]]])))
  for (const [label, places] of columns) {
    const column = places.map(({ at, index }) => at[index]?.[1] ?? null)
    const schemas = objects.map((variant) => fieldSchema(variant, label))
    decodeAlike(column, schemas, root, depth + 1).forEach((value, index) => {
      const place = places[index]
      if (place !== undefined) (decoded.get(place.at) ?? [])[place.index] = [label, value]
    })
  }
  return records.map((record) => (record === null ? undefined : toObject(decoded.get(record) ?? record)))
}

function fieldSchema({ properties, additionalProperties }: JsonSchema, label: string): JsonSchema {
  const own = isObject(properties) && Object.hasOwn(properties, label) ? properties[label] : undefined
  return isObject(own) ? own : isObject(additionalProperties) ? additionalProperties : {}
}

/** Null where the schema does not say. */
function typeOf(schema: JsonSchema): string | null {
  const { type, enum: choices, const: constant } = schema
  if (typeof type === 'string') return type
  if (Array.isArray(choices) || constant !== undefined) {
    const all = Array.isArray(choices) ? choices : [constant]
    // Of a choice among texts none is a number; of one among numbers and nothing else, any is.
    return all.some((choice) => typeof choice === 'string') ? 'string' : 'number'
  }
  if (isObject(schema['properties'])) return 'object'
  return isObject(schema['items']) || Array.isArray(schema['prefixItems']) ? 'array' : null
}
