import type { JsonSchema, JsonValue } from '../../contracts/json.ts'
import { isObject } from './entries.ts'

/** References name each other in a chain at the most; a longer one goes round in circles. */
const MOST_REFERENCES = 10

/** The alternatives of a schema without references: of `anyOf`, `oneOf` and lists of types, one in another too. */
export function variantsOf(schema: JsonSchema, root: JsonSchema, depth = 0): JsonSchema[] {
  const { anyOf, oneOf, allOf, ...rest } = resolveSchema(schema, root)
  const parts = Array.isArray(allOf) ? allOf.map((part) => resolveSchema(asSchema(part), root)) : []
  const whole: JsonSchema = Object.assign({}, ...parts, rest)
  const variants = Array.isArray(anyOf) ? anyOf : oneOf
  if (Array.isArray(variants) && depth < MOST_REFERENCES) {
    return variants.flatMap((variant) => variantsOf({ ...whole, ...asSchema(variant) }, root, depth + 1))
  }
  const { type } = whole
  return Array.isArray(type) ? type.map((one) => ({ ...whole, type: one })) : [whole]
}

/** The schema that `$ref` leads to, within `root`. */
export function resolveSchema(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let current = schema
  for (let step = 0; step < MOST_REFERENCES && typeof current['$ref'] === 'string'; step += 1) {
    const path = current['$ref'].replace(/^#\/?/, '').split('/').filter(Boolean)
    let part: JsonValue | undefined = root
    for (const name of path) {
      const key = decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~')
      part = isObject(part) && Object.hasOwn(part, key) ? part[key] : undefined
    }
    const { $ref: _, ...beside } = current
    current = { ...asSchema(part), ...beside }
  }
  return current
}

/** A part of a schema as an object; `true` and what is no schema allow everything. */
function asSchema(value: JsonValue | undefined): JsonSchema {
  return isObject(value) ? value : {}
}
