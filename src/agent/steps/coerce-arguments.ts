import type { JsonObject, JsonSchema, JsonValue } from '../../contracts/json.ts'

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
  for (const [name, value] of Object.entries(args)) {
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
  if (typeof value === 'number' && types.size === 1 && types.has('string')) return String(value)
  if (Array.isArray(value) && isObject(schema['items'])) {
    const { items } = schema
    const wanted = typesOf(items)
    const missing = wanted.has('number') && !wanted.has('null') ? NOT_A_NUMBER : null
    return value.map((item) => (item === null ? missing : coerceValue(item, items)))
  }
  if (isObject(value) && isObject(schema['properties'])) {
    const { properties } = schema
    const entries = Object.entries(value).map(([key, part]): [string, JsonValue] => {
      const wanted = properties[key]
      return [key, isObject(wanted) ? coerceValue(part, wanted) : part]
    })
    return Object.fromEntries(entries)
  }
  return value
}

function coerceText(text: string, types: ReadonlySet<string>): JsonValue {
  const trimmed = text.trim()
  if ((types.has('number') || types.has('integer')) && /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(trimmed)) {
    const number = Number(trimmed)
    if (Number.isFinite(number) && (types.has('number') || Number.isInteger(number))) return number
  }
  if (types.has('boolean') && /^(?:true|false)$/i.test(trimmed)) return trimmed.toLowerCase() === 'true'
  if ((types.has('array') && trimmed.startsWith('[')) || (types.has('object') && trimmed.startsWith('{'))) {
    return parseJson(trimmed) ?? text
  }
  return text
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue
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

function isObject(value: JsonValue | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
