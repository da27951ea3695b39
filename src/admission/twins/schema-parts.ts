import type { JsonObject, JsonSchema, JsonValue } from '../../contracts/json.ts'

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** A part of a schema as an object; `true` and what is no schema allow everything. */
export function asSchema(value: JsonValue | undefined): JsonSchema {
  return isObject(value) ? value : {}
}

export { resolveSchema as resolveReference } from '../../domain/json/schema-variants.ts'

/** The alternatives of a schema: those of `anyOf` and `oneOf`, or of a list of types; itself where it has none. */
export function alternatives(schema: JsonSchema): JsonSchema[] {
  const { anyOf, oneOf, ...rest } = schema
  const variants = Array.isArray(anyOf) ? anyOf : oneOf
  if (Array.isArray(variants)) return variants.map((variant) => ({ ...rest, ...asSchema(variant) }))
  const { type } = schema
  return Array.isArray(type) ? type.map((one) => ({ ...schema, type: one })) : [schema]
}

/** The parameters of a tool in their order. */
export function parametersOf(inputSchema: JsonSchema): { name: string; schema: JsonSchema; required: boolean }[] {
  const { properties, required } = inputSchema
  const needed = new Set(Array.isArray(required) ? required : [])
  return Object.entries(asSchema(properties)).map(([name, schema]) => ({
    name,
    schema: asSchema(schema),
    required: needed.has(name),
  }))
}
