import type { JsonValue } from '../../contracts/json.ts'
import { readNumber } from '../numbers/read-number.ts'
import { readEntries } from './entries.ts'

/**
 * A value as a schema sees it: a tagged number is a number, NaN too, of which no schema can say anything; an object that
 * travels in its own order is an object.
 */
export function withoutTags(value: JsonValue): JsonValue {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(withoutTags)
  const number = readNumber(value)
  if (number !== null) return Number.isFinite(number) ? number : Math.sign(number || 0) * Number.MAX_VALUE
  const entries = readEntries(value) ?? Object.entries(value)
  return Object.fromEntries(entries.map(([key, part]) => [key, withoutTags(part)]))
}
