import type { JsonValue } from '../../contracts/json.ts'
import { prettyPrint, type Notation } from './pretty-print.ts'
import { parseJson } from '../../domain/json/parse-json.ts'

/** Values of the sandbox have at most 256 levels, and a tool has a few around them; far from what recursion can take. */
const MAXIMUM_DEPTH = 300

const JSON_NOTATION: Notation = {
  atom: (value) => (value === null || typeof value !== 'object' ? writeAtom(value) : null),
  // As it travels: another handaxe reads it.
  fields: Object.entries,
  record: ['{ ', ' }'],
}

/**
 * A double beyond 2^53 is written with an exponent: all its digits would read as an integer that is meant exactly, and come
 * back in the tagged form.
 */
function writeAtom(value: null | boolean | number | string): string {
  const looksExact = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
  return looksExact ? value.toExponential() : JSON.stringify(value)
}

/** JSON text for people and for git. The same value gives the same text, with its keys in the order given. */
export function toJsonText(value: JsonValue): string {
  return `${prettyPrint(value, JSON_NOTATION)}\n`
}

/** JSON text in which the order of keys is nothing: for hashes. */
export function toCanonicalJson(value: JsonValue): string {
  return JSON.stringify(value, (_key, part: JsonValue) =>
    part === null || typeof part !== 'object' || Array.isArray(part)
      ? part
      : Object.fromEntries(Object.entries(part).toSorted(([left], [right]) => (left < right ? -1 : 1))),
  )
}

/** What JSON text of unknown origin says, safe to keep and to walk, or why it cannot be taken. */
export function parseJsonText(text: string): { value: JsonValue } | { problem: string } {
  let value: JsonValue
  try {
    value = JSON.parse(text) as JsonValue
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return { problem: `is not JSON: ${error.message}` }
  }
  const problem = findProblem(value, 0)
  return problem === null ? { value: parseJson(text) } : { problem }
}

function findProblem(value: JsonValue, depth: number): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'holds a number beyond the range of a double'
  if (value === null || typeof value !== 'object') return null
  if (depth >= MAXIMUM_DEPTH) return `is nested deeper than ${MAXIMUM_DEPTH} levels`
  if (Object.hasOwn(value, '__proto__')) return 'holds a key "__proto__"'
  for (const item of Object.values(value)) {
    const problem = findProblem(item, depth + 1)
    if (problem !== null) return problem
  }
  return null
}
