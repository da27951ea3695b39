import type { JsonValue } from '../contracts/json.ts'

/** Deeper values are refused: recursion in whoever handles them later must not be the sandbox's to choose. */
export const MAXIMUM_DEPTH = 256

export class ValueTooDeep extends Error {
  constructor() {
    super(`The value is nested deeper than ${MAXIMUM_DEPTH} levels`)
  }
}

/**
 * A copy of what `JSON.parse` made of hostile text, safe to keep, merge and store: no key `__proto__`, no lone
 * surrogates, numbers beyond the range of a double as `{"$number": …}`. Throws `ValueTooDeep`.
 */
export function toPlainValue(value: unknown, depth = 0): JsonValue {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value === 'number') return Number.isFinite(value) ? value : { $number: String(value) }
  if (value === null || typeof value === 'boolean') return value
  if (depth >= MAXIMUM_DEPTH) throw new ValueTooDeep()
  if (Array.isArray(value)) return value.map((item) => toPlainValue(item, depth + 1))
  const copy: { [key: string]: JsonValue } = {}
  for (const [key, item] of Object.entries(value as object)) {
    const label = key.toWellFormed()
    // Labels that differed in a lone surrogate only: as pairs none takes the place of another.
    if (Object.hasOwn(copy, label)) return toPairs(value as object, depth)
    if (key !== '__proto__') copy[label] = toPlainValue(item, depth + 1)
  }
  return copy
}

function toPairs(value: object, depth: number): JsonValue {
  const entries = Object.entries(value).filter(([key]) => key !== '__proto__')
  return entries.map(([key, item]) => [key.toWellFormed(), toPlainValue(item, depth + 1)])
}
