import type { JsonValue } from '../../contracts/json.ts'
import { cutEnd } from '../text/cut-middle.ts'
import { stripHidden } from '../text/untrusted-text.ts'
import { toStableJson } from '../text/to-stable-json.ts'
import { readDate } from '../dates/read-date.ts'
import { readDuration } from '../dates/read-duration.ts'
import { readEntries } from '../json/entries.ts'
import { numbersAgree } from './compare-numbers.ts'
import { columnsToRecords, isRecords } from './to-records.ts'

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
 * they agree. Numbers agree within the tolerance, NaN with NaN, an infinity with itself, ints with floats; two integers
 * agree exactly, whatever their size, unless the tolerance is meant for estimates. Dates as text agree where they mean the
 * same instant, durations where they are equally long; the order of keys is nothing, that of a list matters; a key with
 * null equals a missing key.
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
  const agree = numbersAgree(expected, actual, options.tolerance)
  if (agree !== undefined) return agree ? null : difference(path, expected, actual)
  if (typeof expected === 'string' && typeof actual === 'string') return compareTexts(expected, actual, path)
  if (options.frames === true) {
    const [left, right] = alignFrames(expected, actual)
    if (left !== expected || right !== actual) return compare(left, right, path, options, depth + 1)
  }
  if (Array.isArray(expected) && Array.isArray(actual)) return compareLists(expected, actual, path, options, depth)
  const [wanted, given] = [readEntries(expected), readEntries(actual)]
  if (wanted !== null && given !== null) return compareEntries(wanted, given, path, options, depth)
  // What is left are bytes, and values of different kinds.
  return toStableJson(expected) === toStableJson(actual) ? null : difference(path, expected, actual)
}

function compareTexts(expected: string, actual: string, path: string): string | null {
  const instant = readDate(expected)?.instant
  if (instant !== undefined && instant === readDate(actual)?.instant) return null
  const duration = readDuration(expected)
  if (duration !== null && duration === readDuration(actual)) return null
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

function compareEntries(
  expected: readonly [string, JsonValue][],
  actual: readonly [string, JsonValue][],
  path: string,
  options: CompareOptions,
  depth: number,
): string | null {
  const [ofExpected, ofActual] = [new Map(expected), new Map(actual)]
  for (const key of new Set([...ofExpected.keys(), ...ofActual.keys()])) {
    const [wanted, given] = [ofExpected.get(key), ofActual.get(key)]
    const inner = `${path}${/^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `[${show(key)}]`}`
    if (wanted === undefined && given !== null) return `${at(inner)}not expected, got ${show(given ?? null)}`
    if (given === undefined && wanted !== null) return `${at(inner)}expected ${show(wanted ?? null)}, but it is missing`
    const found = compare(wanted ?? null, given ?? null, inner, options, depth + 1)
    if (found !== null) return found
  }
  return null
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
