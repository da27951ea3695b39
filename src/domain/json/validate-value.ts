import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import type { JsonObject, JsonSchema, JsonValue } from '../../contracts/json.ts'
import { withoutTags } from './without-tags.ts'
import { cutEnd } from '../text/cut-middle.ts'

const MAX_PROBLEMS = 5

/**
 * Keywords that a schema of model-written code may not bring to the host: a pattern can take exponential time, and a format
 * is not checked by anyone else either.
 */
const UNCHECKED_KEYWORDS = new Set(['pattern', 'patternProperties', 'format', '$schema', '$id'])

/** What is wrong with a value by a tool's schema, one short sentence each; empty where it fits. */
export function validateValue(schema: JsonSchema, value: JsonValue, name: string): string[] {
  let validate
  try {
    validate = new Ajv2020({ strict: false, allErrors: false, logger: false }).compile(withoutUnchecked(schema))
  } catch (error) {
    return [`the schema of ${name} cannot be used: ${error instanceof Error ? error.message : String(error)}`]
  }
  if (validate(withoutTags(value))) return []
  return (validate.errors ?? []).slice(0, MAX_PROBLEMS).map((error) => describe(error, name))
}

function describe(error: ErrorObject, name: string): string {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`))
    .join('')
  const allowed = error.keyword === 'enum' ? `: ${JSON.stringify(error.params['allowedValues'])}` : ''
  const extra = error.keyword === 'additionalProperties' ? ` (${error.params['additionalProperty']})` : ''
  return cutEnd(`${name}${path} ${error.message ?? 'does not fit'}${allowed}${extra}`, 300)
}

function withoutUnchecked(schema: JsonSchema): JsonSchema {
  const clean = (value: JsonValue, isProperties: boolean): JsonValue => {
    if (Array.isArray(value)) return value.map((part) => clean(part, false))
    if (value === null || typeof value !== 'object') return value
    const entries = Object.entries(value).filter(([key]) => isProperties || !UNCHECKED_KEYWORDS.has(key))
    return Object.fromEntries(
      // Below `properties` the keys are names: a parameter may well be called `format`.
      entries.map(([key, part]) => [key, clean(part, !isProperties && (key === 'properties' || key === '$defs'))]),
    )
  }
  return clean(schema, false) as JsonObject
}
