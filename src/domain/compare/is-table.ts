import type { JsonSchema, JsonValue } from '../../contracts/json.ts'

/**
 * True where a value of the schema is a table: a list of records, or an object of columns. The one may stand for the other
 * when values are compared.
 */
export function isTable({ type, items, properties, additionalProperties }: JsonSchema): boolean {
  if (type === 'array') return typeOf(items) === 'object'
  if (type !== 'object') return false
  if (typeOf(additionalProperties) === 'array') return true
  const fields = properties !== null && typeof properties === 'object' ? Object.values(properties) : []
  return fields.length > 0 && fields.every((field) => typeOf(field) === 'array')
}

function typeOf(schema: JsonValue | undefined): JsonValue | undefined {
  return schema !== null && typeof schema === 'object' && !Array.isArray(schema) ? schema['type'] : undefined
}
