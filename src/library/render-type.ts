import type { JsonObject, JsonSchema, JsonValue } from '../contracts/json.ts'
import type { ToolLanguage } from '../contracts/sandbox.ts'
import { findReference } from './find-reference.ts'
import { isJsonObject } from './is-json-object.ts'

/** Deeper structure is left out of the type: it would be longer than all the rest. */
const MAX_DEPTH = 4
const MAX_CHOICES = 20

interface Notation {
  names: Record<'string' | 'number' | 'integer' | 'boolean' | 'null', string>
  unknown: string
  list(item: string): string
  tuple(items: string[]): string
  map(value: string): string
  anyRecord: string
  record(fields: { name: string; type: string; optional: boolean }[]): string
  choices(values: JsonValue[]): string
}

const PYTHON: Notation = {
  names: { string: 'str', number: 'float', integer: 'int', boolean: 'bool', null: 'None' },
  unknown: 'Any',
  list: (item) => `list[${item}]`,
  tuple: (items) => `tuple[${items.join(', ')}]`,
  map: (value) => `dict[str, ${value}]`,
  anyRecord: 'dict',
  // No Python type is as short as this, and every model reads it.
  record: (fields) =>
    `{${fields.map(({ name, type, optional }) => `${name}${optional ? '?' : ''}: ${type}`).join(', ')}}`,
  choices: (values) => `Literal[${values.map((value) => renderValue(value, 'python')).join(', ')}]`,
}

const TYPESCRIPT: Notation = {
  names: { string: 'string', number: 'number', integer: 'number', boolean: 'boolean', null: 'null' },
  unknown: 'unknown',
  list: (item) => (/[ |]/.test(item) && !item.startsWith('{') ? `(${item})[]` : `${item}[]`),
  tuple: (items) => `[${items.join(', ')}]`,
  map: (value) => `Record<string, ${value}>`,
  anyRecord: 'Record<string, unknown>',
  record: (fields) =>
    `{ ${fields.map(({ name, type, optional }) => `${name}${optional ? '?' : ''}: ${type}`).join('; ')} }`,
  choices: (values) => values.map((value) => renderValue(value, 'javascript')).join(' | '),
}

/** A JSON Schema as a type of the language, as compact as a person would write it. What it does not know is `Any`. */
export function renderType(schema: JsonSchema, language: ToolLanguage): string {
  return render(schema, { notation: language === 'python' ? PYTHON : TYPESCRIPT, root: schema, depth: 0 })
}

/** A JSON value as a literal of the language. */
export function renderValue(value: JsonValue, language: ToolLanguage): string {
  if (language === 'javascript') return JSON.stringify(value)
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (Array.isArray(value)) return `[${value.map((item) => renderValue(item, language)).join(', ')}]`
  if (typeof value === 'object') {
    const entries = Object.entries(value).map(
      ([name, item]) => `${JSON.stringify(name)}: ${renderValue(item, language)}`,
    )
    return `{${entries.join(', ')}}`
  }
  return JSON.stringify(value)
}

interface Place {
  notation: Notation
  /** Where `$ref` looks. */
  root: JsonSchema
  depth: number
}

function render(schema: JsonValue | undefined, place: Place): string {
  const { notation } = place
  if (!isJsonObject(schema) || place.depth > MAX_DEPTH) return notation.unknown
  const inner = { ...place, depth: place.depth + 1 }
  if (typeof schema['$ref'] === 'string') return render(findReference(place.root, schema['$ref']), inner)
  if ('const' in schema) return notation.choices([schema['const'] ?? null])
  if (Array.isArray(schema['enum'])) return renderChoices(schema['enum'], notation)
  const variants = schema['anyOf'] ?? schema['oneOf']
  if (Array.isArray(variants)) return union(variants.map((variant) => render(variant, inner)))
  const { type } = schema
  if (Array.isArray(type)) return union(type.map((one) => render({ ...schema, type: one }, inner)))
  if (type === 'array') return renderArray(schema, inner)
  if (type === 'object' || isJsonObject(schema['properties'])) return renderObject(schema, inner)
  return (typeof type === 'string' && notation.names[type as keyof Notation['names']]) || notation.unknown
}

function renderChoices(values: JsonValue[], notation: Notation): string {
  if (values.length <= MAX_CHOICES) return notation.choices(values)
  const kinds = values.every((value) => typeof value === 'string') ? notation.names.string : notation.unknown
  return kinds
}

function renderArray(schema: JsonObject, place: Place): string {
  const items = schema['prefixItems']
  if (Array.isArray(items)) return place.notation.tuple(items.map((item) => render(item, place)))
  return place.notation.list(render(schema['items'], place))
}

function renderObject(schema: JsonObject, place: Place): string {
  const { properties, additionalProperties, required } = schema
  if (isJsonObject(properties) && Object.keys(properties).length > 0) {
    const needed = new Set(Array.isArray(required) ? required : [])
    return place.notation.record(
      Object.entries(properties).map(([name, property]) => {
        return { name, type: render(property, place), optional: !needed.has(name) }
      }),
    )
  }
  return isJsonObject(additionalProperties)
    ? place.notation.map(render(additionalProperties, place))
    : place.notation.anyRecord
}

function union(types: string[]): string {
  return [...new Set(types)].join(' | ')
}
