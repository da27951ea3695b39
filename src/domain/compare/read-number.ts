import type { JsonValue } from '../../contracts/json.ts'

/**
 * The number that a value of the sandbox stands for: JSON's own, or the tagged form `{"$number": "NaN"}` in which NaN,
 * the infinities and integers beyond 2^53 leave it. Null where it is no number.
 */
export function readNumber(value: JsonValue | undefined): number | null {
  if (typeof value === 'number') return value
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null
  const keys = Object.keys(value)
  const text = value['$number']
  if (keys.length !== 1 || typeof text !== 'string') return null
  return /^-?\d+$/.test(text) ? Number(text) : readNumberName(text)
}

/** `NaN`, `nan`, `Infinity`, `-inf` and the like, as text: so they arrive from a model, whose JSON has no word for them. */
export function readNumberName(text: string): number | null {
  const match = /^([+-]?)(nan|inf|infinity)$/i.exec(text.trim())
  if (match === null) return null
  if (match[2]?.toLowerCase() === 'nan') return Number.NaN
  return match[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}
