import type { JsonObject, JsonValue } from '../../contracts/json.ts'
import { cutEnd } from '../text/cut-middle.ts'
import { stripHidden } from '../text/untrusted-text.ts'
import { toStableJson } from '../text/to-stable-json.ts'
import { readInstant } from './read-instant.ts'
import { readNumber, readNumberName } from './read-number.ts'
import { columnsToRecords, isRecords } from './to-records.ts'

/** Six digits: what a hand calculation or another algorithm for the same thing can be held to. */
export const DEFAULT_TOLERANCE = 1e-6

/** Below this, numbers are the noise of floating point around zero, whatever their ratio. */
const NOISE = 1e-12

const LARGEST_COUNT = 1e12

/** Deeper than the sandbox lets values be; a bound for callers with values from elsewhere. */
const MAX_DEPTH = 200

const SHOWN_CHARACTERS = 120

export interface CompareOptions {
  /** Relative; where the expected number is 0, absolute. Default 1e-6. */
  tolerance?: number | undefined
  /** Also lets a table as a list of records equal the same table as an object of columns. */
  frames?: boolean | undefined
}

/**
 * Compares a value with the expected one and gives the first difference as a short sentence with its path, or null where
 * they agree. Numbers agree within the tolerance, NaN with NaN, an infinity with itself, ints with floats; dates as text
 * agree where they mean the same instant; the order of keys is nothing, that of a list matters; a key with null equals a
 * missing key.
 */
export function compareValues(
  expected: JsonValue,
  actual: JsonValue | undefined,
  options: CompareOptions = {},
): string | null {
  return compare(expected, actual ?? null, '', options, 0)
}

function compare(
  expected: JsonValue,
  actual: JsonValue,
  path: string,
  options: CompareOptions,
  depth: number,
): string | null {
  if (expected === actual) return null
  if (depth > MAX_DEPTH) return `${at(path)}nested deeper than ${MAX_DEPTH} levels`
  const number = compareNumbers(expected, actual, path, options)
  if (number !== undefined) return number
  if (typeof expected === 'string' && typeof actual === 'string') return compareTexts(expected, actual, path)
  if (options.frames === true) {
    const [left, right] = alignFrames(expected, actual)
    if (left !== expected || right !== actual) return compare(left, right, path, options, depth + 1)
  }
  if (Array.isArray(expected) && Array.isArray(actual)) return compareLists(expected, actual, path, options, depth)
  if (isObject(expected) && isObject(actual)) return compareObjects(expected, actual, path, options, depth)
  return difference(path, expected, actual)
}

/** Undefined where not both are numbers. A name such as "NaN" counts as one only against a real number. */
function compareNumbers(
  expected: JsonValue,
  actual: JsonValue,
  path: string,
  { tolerance }: CompareOptions,
): string | null | undefined {
  const b = readNumber(actual) ?? readDigits(expected, actual)
  if (b === null) return undefined
  const a = typeof expected === 'string' ? readNumberName(expected) : readNumber(expected)
  if (a === null) return undefined
  if (Object.is(a, b) || a === b) return null
  if (!Number.isFinite(a) || !Number.isFinite(b)) return difference(path, expected, actual)
  if (tolerance === undefined && isCount(a) && isCount(b)) return difference(path, expected, actual)
  const share = tolerance ?? DEFAULT_TOLERANCE
  const allowed = a === 0 ? share : share * Math.max(Math.abs(a), Math.abs(b))
  return Math.abs(a - b) <= Math.max(allowed, NOISE) ? null : difference(path, expected, actual)
}

/** Whole numbers are counts, ids or days: a million and one is not a million. Very large ones are results of floats. */
function isCount(number: number): boolean {
  return Number.isInteger(number) && Math.abs(number) < LARGEST_COUNT
}

/** JavaScript's large integers leave the sandbox as their digits, which are a number where a large one is expected. */
function readDigits(expected: JsonValue, actual: JsonValue): number | null {
  const large = typeof expected === 'number' && Number.isInteger(expected) && !Number.isSafeInteger(expected)
  return large && typeof actual === 'string' && /^-?\d+$/.test(actual) ? Number(actual) : null
}

function compareTexts(expected: string, actual: string, path: string): string | null {
  const a = readInstant(expected)
  if (a !== null && a === readInstant(actual)) return null
  // The same letters may be composed or decomposed.
  if (expected.normalize() === actual.normalize()) return null
  return difference(path, expected, actual)
}

function alignFrames(expected: JsonValue, actual: JsonValue): [JsonValue, JsonValue] {
  if (isRecords(expected)) return [expected, columnsToRecords(actual) ?? actual]
  if (isRecords(actual)) return [columnsToRecords(expected) ?? expected, actual]
  return [expected, actual]
}

function compareLists(
  expected: JsonValue[],
  actual: JsonValue[],
  path: string,
  options: CompareOptions,
  depth: number,
): string | null {
  for (let index = 0; index < Math.min(expected.length, actual.length); index += 1) {
    const found = compare(expected[index] ?? null, actual[index] ?? null, `${path}[${index}]`, options, depth + 1)
    if (found !== null) return found
  }
  if (expected.length === actual.length) return null
  return `${at(path)}expected ${expected.length} items, got ${actual.length}`
}

function compareObjects(
  expected: JsonObject,
  actual: JsonObject,
  path: string,
  options: CompareOptions,
  depth: number,
): string | null {
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const wanted = Object.hasOwn(expected, key) ? expected[key] : undefined
    const given = Object.hasOwn(actual, key) ? actual[key] : undefined
    const inner = `${path}${/^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `[${show(key)}]`}`
    if (wanted === undefined && given !== null) return `${at(inner)}not expected, got ${show(given ?? null)}`
    if (given === undefined && wanted !== null) return `${at(inner)}expected ${show(wanted ?? null)}, but it is missing`
    const found = compare(wanted ?? null, given ?? null, inner, options, depth + 1)
    if (found !== null) return found
  }
  return null
}

function isObject(value: JsonValue): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function difference(path: string, expected: JsonValue, actual: JsonValue): string {
  return `${at(path)}expected ${show(expected)}, got ${show(actual)}`
}

function at(path: string): string {
  return path === '' ? '' : `at ${cutEnd(path.replace(/^\./, ''), SHOWN_CHARACTERS)}: `
}

function show(value: JsonValue): string {
  return cutEnd(stripHidden(toStableJson(value)), SHOWN_CHARACTERS)
}
