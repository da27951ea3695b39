import type { JsonSchema, JsonValue } from '../../../contracts/json.ts'
import { findReference } from '../../find-reference.ts'
import { isJsonObject } from '../../is-json-object.ts'
import { toOneLine } from '../hidden-characters.ts'

/** Deeper structure, and schemas that refer to themselves, are `unknown`. */
const MAXIMUM_DEPTH = 12

interface Place {
  /** Where `$ref` looks. */
  root: JsonSchema
  depth: number
  indent: string
}

/** A JSON Schema as a TypeScript type, with the descriptions of properties as comments. What it cannot say is `unknown`. */
export function renderTypeScript(schema: JsonSchema, indent = ''): string {
  return render(schema, { root: schema, depth: 0, indent })
}

function render(schema: JsonValue | undefined, place: Place): string {
  if (!isJsonObject(schema) || place.depth > MAXIMUM_DEPTH) return 'unknown'
  const inner = { ...place, depth: place.depth + 1 }
  if (typeof schema['$ref'] === 'string') return render(findReference(place.root, schema['$ref']), inner)
  if (schema['const'] !== undefined) return JSON.stringify(schema['const'])
  if (Array.isArray(schema['enum'])) return union(schema['enum'].map((value) => renderChoice(value)))
  const variants = schema['anyOf'] ?? schema['oneOf']
  if (Array.isArray(variants)) return union(variants.map((variant) => render(variant, inner)))
  const { type } = schema
  if (Array.isArray(type)) return union(type.map((one) => render({ ...schema, type: one }, inner)))
  if (type === 'array') return renderArray(schema, inner)
  if (type === 'object' || isJsonObject(schema['properties'])) return renderObject(schema, inner)
  return SIMPLE[String(type)] ?? 'unknown'
}

const SIMPLE: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  null: 'null',
}

function renderChoice(value: JsonValue): string {
  return value !== null && typeof value === 'object' ? 'unknown' : JSON.stringify(value)
}

function renderArray(schema: JsonSchema, place: Place): string {
  const items = schema['prefixItems']
  if (Array.isArray(items)) return `[${items.map((item) => render(item, place)).join(', ')}]`
  return `Array<${render(schema['items'], place)}>`
}

function renderObject({ properties, required, additionalProperties }: JsonSchema, place: Place): string {
  if (!isJsonObject(properties) || Object.keys(properties).length === 0) {
    return additionalProperties === false
      ? 'Record<string, never>'
      : `Record<string, ${isJsonObject(additionalProperties) ? render(additionalProperties, place) : 'unknown'}>`
  }
  const needed = new Set(Array.isArray(required) ? required : [])
  const inner = { ...place, indent: `${place.indent}  ` }
  const fields = Object.entries(properties).map(([name, property]) => {
    const description = isJsonObject(property) ? property['description'] : undefined
    const comment = typeof description === 'string' ? renderComment(description, inner.indent) : ''
    return `${comment}${inner.indent}${renderKey(name)}${needed.has(name) ? '' : '?'}: ${render(property, inner)}`
  })
  return `{\n${fields.join('\n')}\n${place.indent}}`
}

/** A line of its own. Empty for an empty text. */
export function renderComment(text: string, indent: string): string {
  const line = toOneLine(text).replaceAll('*/', '*\u2215')
  return line === '' ? '' : `${indent}/** ${line} */\n`
}

export function renderKey(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)
}

function union(types: string[]): string {
  const distinct = [...new Set(types)]
  return distinct.length === 0 || distinct.includes('unknown') ? 'unknown' : distinct.join(' | ')
}
