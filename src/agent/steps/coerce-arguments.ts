import type { JsonObject, JsonSchema, JsonValue } from '../../contracts/json.ts'
import { isObject, readEntries, toObject } from '../../domain/json/entries.ts'
import { parseJson } from '../../domain/json/parse-json.ts'
import { decodeNumbers } from '../../domain/numbers/decode-numbers.ts'
import { readInteger, readNumber, readNumeral } from '../../domain/numbers/read-number.ts'

/** A missing field of a numeric column, as the sandbox takes it: what pandas and NumPy make of it too. */
const NOT_A_NUMBER: JsonObject = { $number: 'NaN' }

/**
 * Brings arguments to the types of the schema where nothing can be lost: models send `"37"` for 37, a list as JSON text, or
 * null for an optional parameter that they do not set; a column of numbers has null where a field is missing. Only what the schema asks for is changed, so a text that looks like a
 * number stays a text where a text is wanted.
 */
export function coerceArguments(args: JsonObject, schema: JsonSchema): JsonObject {
  const properties = isObject(schema['properties']) ? schema['properties'] : {}
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  const coerced: JsonObject = {}
  for (const [name, value] of Object.entries(decodeNumbers(args, schema))) {
    const part = properties[name]
    const wanted = isObject(part) ? part : {}
    const unset = value === null && !required.includes(name) && !typesOf(wanted).has('null') && typesOf(wanted).size > 0
    if (!unset) coerced[name] = coerceValue(value, wanted)
  }
  return coerced
}

function coerceValue(value: JsonValue, schema: JsonSchema): JsonValue {
  const types = typesOf(schema)
  if (types.size === 0) return value
  if (typeof value === 'string' && !types.has('string')) return coerceText(value, types)
  // A year or a code written as a number where text is wanted.
  if (types.size === 1 && types.has('string')) return readInteger(value) ?? readNumeral(value) ?? value
  if (Array.isArray(value) && isObject(schema['items'])) {
    const { items } = schema
    const wanted = typesOf(items)
    const missing = wanted.has('number') && !wanted.has('null') ? NOT_A_NUMBER : null
    return value.map((item) => (item === null ? missing : coerceValue(item, items)))
  }
  const entries = readEntries(value)
  if (entries === null || !isObject(schema['properties'])) return value
  const { properties } = schema
  return toObject(
    entries.map(([key, part]) => {
      const wanted = properties[key]
      return [key, isObject(wanted) ? coerceValue(part, wanted) : part]
    }),
  )
}

function coerceText(text: string, types: ReadonlySet<string>): JsonValue {
  const trimmed = text.trim()
  const number = types.has('number') || types.has('integer') ? toNumber(trimmed) : null
  if (number !== null && (types.has('number') || Number.isInteger(readNumber(number)))) return number
  if (types.has('boolean') && /^(?:true|false)$/i.test(trimmed)) return trimmed.toLowerCase() === 'true'
  if ((types.has('array') && trimmed.startsWith('[')) || (types.has('object') && trimmed.startsWith('{'))) {
    return tryParse(trimmed) ?? text
  }
  return text
}

/** Digits beyond what a double holds are kept: an id is not rounded to its neighbour. */
function toNumber(text: string): JsonValue | null {
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return null
  const number = Number(text)
  if (!Number.isFinite(number)) return null
  return /^[+-]?\d+$/.test(text) && !Number.isSafeInteger(number) ? { $number: text.replace('+', '') } : number
}

function tryParse(text: string): JsonValue | undefined {
  try {
    return parseJson(text)
  } catch {
    // Not JSON: the text stays, and the schema check names the problem.
    return undefined
  }
}

/** The JSON types that a schema allows; empty where it does not say. */
function typesOf(schema: JsonSchema): Set<string> {
  const { type } = schema
  if (typeof type === 'string') return new Set([type])
  if (Array.isArray(type)) return new Set(type.filter((name) => typeof name === 'string'))
  const branches = schema['anyOf'] ?? schema['oneOf']
  if (!Array.isArray(branches)) return new Set()
  const sets = branches.map((branch) => (isObject(branch) ? typesOf(branch) : new Set<string>()))
  return sets.some((set) => set.size === 0) ? new Set() : new Set(sets.flatMap((set) => [...set]))
}
