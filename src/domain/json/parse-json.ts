import type { JsonValue } from '../../contracts/json.ts'
import { toObject } from './entries.ts'

const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/g
/** A label that JavaScript would move or lose. Escapes may hide one. */
const MOVED_LABEL = /"(?:\d{1,10}|__proto__|[^"\\]*\\[^"]*)"\s*:/

const INTEGER = /^-?\d+$/

/**
 * JSON text as a value without losses: integers beyond 2^53 keep their digits and objects their order, in the tagged forms
 * of `JsonValue`; `1e999`, which reads as an infinity, too. Throws a `SyntaxError` as `JSON.parse` does.
 */
export function parseJson(text: string): JsonValue {
  const value = JSON.parse(text, keepNumber) as JsonValue
  return MOVED_LABEL.test(text) ? restoreOrder(JSON.parse(markLabels(text), keepNumber) as JsonValue) : value
}

function keepNumber(_key: string, value: unknown, { source }: { source?: string } = {}): unknown {
  if (typeof value !== 'number' || source === undefined || Number.isSafeInteger(value)) return value
  if (INTEGER.test(source)) return { $number: source }
  return Number.isFinite(value) ? value : { $number: String(value) }
}

/** With a mark before it no label looks like an index. A string before a colon is a label, nothing else is. */
function markLabels(text: string): string {
  return text.replaceAll(STRING, (string, colon?: string) => (colon === undefined ? string : `"~${string.slice(1)}`))
}

function restoreOrder(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(restoreOrder)
  if (value === null || typeof value !== 'object') return value
  // Tagged numbers come from the reviver: their label has no mark.
  if (typeof value['$number'] === 'string') return value
  const entries = Object.entries(value).map(([label, item]): [string, JsonValue] => [
    label.slice(1),
    restoreOrder(item),
  ])
  // Whoever wrote a tag means it.
  return entries.length === 1 && entries[0]?.[0].startsWith('$') ? Object.fromEntries(entries) : toObject(entries)
}
