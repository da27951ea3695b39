import type { JsonObject, JsonValue } from '../../contracts/json.ts'

/** A table as an object of equally long lists becomes a list of records; null where the value is no such table. */
export function columnsToRecords(value: JsonValue): JsonObject[] | null {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null
  const columns = Object.entries(value)
  const first = columns[0]?.[1]
  if (!Array.isArray(first)) return null
  const lists = columns.flatMap(([name, list]) => (Array.isArray(list) ? [{ name, list }] : []))
  if (lists.length < columns.length || lists.some(({ list }) => list.length !== first.length)) return null
  return first.map((_, row) => Object.fromEntries(lists.map(({ name, list }) => [name, list[row] ?? null])))
}

/** True for a non-empty list of objects. */
export function isRecords(value: JsonValue): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isObject)
}

function isObject(value: JsonValue): boolean {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
