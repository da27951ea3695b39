import type { JsonValue } from '../../contracts/json.ts'

/** The digits of a number, as JSON writes them. */
export const NUMERAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

const DIGITS = /^-?\d+$/

/**
 * The number that a value of the sandbox stands for, as near as a double comes to it: JSON's own, or the tagged form
 * `{"$number": "NaN"}` in which NaN, the infinities, integers beyond 2^53 and decimals leave it. Null where it is no number.
 */
export function readNumber(value: JsonValue | undefined): number | null {
  if (typeof value === 'number') return value
  const text = readTaggedNumber(value)
  if (text === null) return null
  return NUMERAL.test(text) || DIGITS.test(text) ? Number(text) : readNumberName(text)
}

/**
 * The digits of an integer, exactly, whatever its size; null where the value is none. A number beyond 2^53 without a tag is
 * the result of floating point, and no integer: those keep their digits in a tag.
 */
export function readInteger(value: JsonValue | undefined): string | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : null
  const text = readTaggedNumber(value)
  return text !== null && DIGITS.test(text) ? text.replace(/^(-?)0+(?=\d)/, '$1').replace(/^-0$/, '0') : null
}

/** A finite number with all of its digits, as text; null where the value is none. */
export function readNumeral(value: JsonValue | undefined): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : null
  const text = readTaggedNumber(value)
  return text !== null && (NUMERAL.test(text) || DIGITS.test(text)) ? text : null
}

/** `NaN`, `nan`, `Infinity`, `-inf` and the like, as text: so they arrive from a model, whose JSON has no word for them. */
export function readNumberName(text: string): number | null {
  const match = /^([+-]?)(nan|inf|infinity)$/i.exec(text.trim())
  if (match === null) return null
  if (match[2]?.toLowerCase() === 'nan') return Number.NaN
  return match[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}

function readTaggedNumber(value: JsonValue | undefined): string | null {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null
  const text = value['$number']
  return typeof text === 'string' && Object.keys(value).length === 1 ? text : null
}
