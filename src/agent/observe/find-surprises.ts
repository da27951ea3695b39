import type { JsonSchema, JsonValue } from '../../contracts/json.ts'
import { compareValues } from '../../domain/compare/compare-values.ts'
import { isObject, readEntries } from '../../domain/json/entries.ts'
import { variantsOf } from '../../domain/json/schema-variants.ts'
import { readNumber } from '../../domain/numbers/read-number.ts'
import { validateValue } from '../../domain/json/validate-value.ts'

/** Ends a surprise that is the tool's fault: its value is not what its schema says. */
export const DECLARED = ', as the tool declares it'

/**
 * Why a value does not look like a good result although the code ended well. NaN inside lists is no surprise (a moving
 * window begins with it) unless nothing else is there; alone or as a named part it is. Nothing surprises that a tool's schema
 * names (null, an empty text, list or object of the declared type) or that one of its examples expects (`expected`).
 */
export function findSurprises(
  value: JsonValue | undefined,
  outputSchema: JsonSchema | null,
  expected: readonly JsonValue[] = [],
): string[] {
  const mismatch = outputSchema === null ? [] : validateValue(outputSchema, value ?? null, 'the value')
  if (mismatch.length > 0) return mismatch.map((problem) => `${problem}${DECLARED}`)
  if (value !== undefined && expected.some((one) => compareValues(one, value) === null)) return []
  const isNothing = value === undefined || value === null || isEmpty(value)
  // Null, too: a tool that only draws or writes declares that it gives nothing.
  if (isNothing && outputSchema !== null && isNamed(value ?? null, outputSchema)) return []
  if (value === undefined || value === null)
    return outputSchema === null ? ['there is no value'] : ['the value is null']
  const number = readNumber(value)
  if (number !== null) return Number.isFinite(number) ? [] : [`the value is ${number}`]
  if (isEmpty(value)) return [`the value is empty: ${JSON.stringify(value)}`]
  if (Array.isArray(value)) return isAllMissing(value) ? ['every item of the value is NaN or null'] : []
  const parts = readEntries(value)
  return parts === null ? [] : findInParts(parts, outputSchema)
}

/** True where the schema names the type of the value among those that it allows; one that allows everything names none. */
function isNamed(value: JsonValue, schema: JsonSchema): boolean {
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  return variantsOf(schema, schema).some(
    ({ type: declared, const: constant, enum: choices }) =>
      declared === type || constant === value || (Array.isArray(choices) && choices.includes(value)),
  )
}

/** True where that part may be missing, as the tool declares it. */
function mayBeNull(name: string, schema: JsonSchema): boolean {
  return variantsOf(schema, schema).some(({ properties, additionalProperties }) => {
    const own = isObject(properties) && Object.hasOwn(properties, name) ? properties[name] : additionalProperties
    return isObject(own) && variantsOf(own, schema).some(({ type }) => type === 'null')
  })
}

function findInParts(parts: readonly [string, JsonValue][], schema: JsonSchema | null): string[] {
  const unexpected = parts.filter(([name]) => schema === null || !mayBeNull(name, schema))
  if (unexpected.length > 0 && parts.every(([, part]) => part === null)) return ['every part of the value is null']
  return parts.flatMap(([name, part]) => {
    const number = readNumber(part)
    if (number !== null && !Number.isFinite(number)) return [`${JSON.stringify(name)} is ${number}`]
    return Array.isArray(part) && part.length > 0 && isAllMissing(part)
      ? [`every item of ${JSON.stringify(name)} is NaN or null`]
      : []
  })
}

function isEmpty(value: JsonValue): boolean {
  if (typeof value === 'string') return value.trim() === ''
  return (Array.isArray(value) ? value : readEntries(value))?.length === 0
}

function isAllMissing(list: JsonValue[]): boolean {
  return list.every((item) => item === null || Number.isNaN(readNumber(item) ?? 0))
}
