import type { JsonValue } from '../../contracts/json.ts'
import { readInteger, readNumber, readNumberName } from '../numbers/read-number.ts'

/** Six digits: what a hand calculation or another algorithm for the same thing can be held to. */
export const DEFAULT_TOLERANCE = 1e-6

/** Below this, numbers are the noise of floating point around zero, whatever their ratio. */
const NOISE = 1e-12

/** A tolerance up to this one is for the rounding of floats, and an integer is not rounded. A larger one is for estimates. */
const LARGEST_ROUNDING = 1e-6

/** From here on whole numbers are codes, ids and instants rather than estimates of a count. */
const SMALLEST_CODE = 1e12

/**
 * Whether two numbers agree: integers exactly, whatever their size, unless the tolerance is meant for estimates; others
 * within the tolerance. Undefined where not both are numbers. A name such as "NaN" counts as one only against a real number.
 */
export function numbersAgree(
  expected: JsonValue,
  actual: JsonValue,
  tolerance: number | undefined,
): boolean | undefined {
  const digits = readDigits(expected, actual)
  const [first, second] = [readInteger(expected), readInteger(actual) ?? digits]
  if (first !== null && second !== null) {
    if (first === second) return true
    if ((tolerance ?? 0) <= LARGEST_ROUNDING || Math.abs(Number(first)) >= SMALLEST_CODE) return false
  }
  const b = readNumber(actual) ?? (digits === null ? null : Number(digits))
  if (b === null) return undefined
  const a = typeof expected === 'string' ? readNumberName(expected) : readNumber(expected)
  return a === null ? undefined : floatsAgree(a, b, tolerance ?? DEFAULT_TOLERANCE)
}

function floatsAgree(a: number, b: number, share: number): boolean {
  if (Object.is(a, b) || a === b) return true
  if (!Number.isFinite(a) || !Number.isFinite(b)) return false
  const allowed = a === 0 ? share : share * Math.max(Math.abs(a), Math.abs(b))
  return Math.abs(a - b) <= Math.max(allowed, NOISE)
}

/** A text of digits is a number where a large one is expected: programs write large integers so. */
function readDigits(expected: JsonValue, actual: JsonValue): string | null {
  if (typeof actual !== 'string' || !/^-?\d+$/.test(actual)) return null
  const number = readNumber(expected)
  return number !== null && Number.isInteger(number) && !Number.isSafeInteger(number) ? actual : null
}
