import type { JsonObject, JsonValue } from '../../contracts/json.ts'
import type { ToolTest } from '../../contracts/tool.ts'
import { stableText } from '../../util/stable-text.ts'

/** Larger than what a hand calculation takes: there on purpose. */
const LARGE = 1e6

/** Leap days, and the days at which months and years meet. */
const EDGE_DATE = /^\d{4}-(?:02-2[89]|12-31|01-01)(?:T|$)/

/** An empty list or text, zero, NaN or an infinity in the text of a program. */
const WRITTEN_OUT = /\[\s*\]|\{\s*\}|''|""|\bnan\b|\binf(?:inity)?\b|[(,[]\s*-?0(?:\.0)?\s*[\]),]/i

/**
 * True where a test looks at an edge: something empty, a single item, zero, a negative number, a missing value, NaN, an
 * infinity, a very large number, equal neighbours or equal arguments, a text of one repeated character, a date at which a
 * month or a year ends. Properties count where their program writes such a thing out.
 */
export function isEdgeCase(test: ToolTest): boolean {
  if (Object.values(test.files ?? {}).some(isEdgeFile)) return true
  if (test.kind === 'property') return WRITTEN_OUT.test(test.program)
  const values = Object.values(test.arguments)
  return values.some(isEdge) || new Set(values.map(stableText)).size < values.length
}

/** Nothing in it, no more than one line below the header, or an empty field. */
function isEdgeFile(content: string): boolean {
  const lines = content.split(/\r?\n/).filter((line) => line.trim() !== '')
  return lines.length <= 2 || lines.some((line) => /^[,;\t]|[,;\t]\s*(?=[,;\t]|$)/.test(line))
}

function isEdge(value: JsonValue): boolean {
  if (value === null || value === 0) return true
  if (typeof value === 'number') return value < 0 || Math.abs(value) >= LARGE
  if (typeof value === 'string') return isEdgeText(value)
  if (typeof value === 'boolean') return false
  if (Array.isArray(value)) return value.length < 2 || hasEqualNeighbours(value) || value.some(isEdge)
  return isEdgeObject(value)
}

function isEdgeText(text: string): boolean {
  if (new Set(text.trim()).size < 2) return true
  return /^[+-]?(?:nan|inf(?:inity)?)$/i.test(text) || EDGE_DATE.test(text)
}

function isEdgeObject(value: JsonObject): boolean {
  const items = Object.values(value)
  return items.length < 2 || '$number' in value || items.some(isEdge)
}

function hasEqualNeighbours(items: readonly JsonValue[]): boolean {
  return items.some((item, index) => index > 0 && stableText(item) === stableText(items[index - 1] ?? null))
}
