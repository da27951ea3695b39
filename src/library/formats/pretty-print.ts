import type { JsonObject, JsonValue } from '../../contracts/json.ts'

/** Characters of a list or record that is written in one line. */
const LINE = 100
const SHORTEST_LINE = 20

/** How a language writes data. */
export interface Notation {
  /** The text of what has no parts; null for lists and records. */
  atom(value: JsonValue): string | null
  /** The fields of a record, in their order. */
  fields(value: JsonObject): [string, JsonValue][]
  /** Around the fields of a record that stands in one line. */
  record: readonly [string, string]
}

/** Data with short lists and records in one line, and others with one item a line. */
export function prettyPrint(value: JsonValue, notation: Notation, indent = ''): string {
  const line = printInline(value, notation, Math.max(SHORTEST_LINE, LINE - indent.length))
  if (line !== null) return line
  const inner = `${indent}  `
  if (Array.isArray(value)) {
    return `[\n${value.map((item) => `${inner}${prettyPrint(item, notation, inner)}`).join(',\n')}\n${indent}]`
  }
  const fields = notation
    .fields(value as JsonObject)
    .map(([key, item]) => `${inner}${JSON.stringify(key)}: ${prettyPrint(item, notation, inner)}`)
  return `{\n${fields.join(',\n')}\n${indent}}`
}

/** Null for a list or record that takes more than `room` characters. */
function printInline(value: JsonValue, notation: Notation, room: number): string | null {
  const atom = notation.atom(value)
  if (atom !== null) return atom
  const isList = Array.isArray(value)
  const items: string[] = []
  let left = room - 2
  const parts = isList ? value.map((item): [string, JsonValue] => ['', item]) : notation.fields(value as JsonObject)
  for (const [key, item] of parts) {
    const text = left <= 0 ? null : printInline(item, notation, left)
    if (text === null) return null
    const part = isList ? text : `${JSON.stringify(key)}: ${text}`
    items.push(part)
    left -= part.length + 2
  }
  // The last item has no comma after it.
  if (left < -2) return null
  if (isList) return `[${items.join(', ')}]`
  return items.length === 0 ? '{}' : `${notation.record[0]}${items.join(', ')}${notation.record[1]}`
}
