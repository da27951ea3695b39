import type { JsonObject, JsonValue } from '../../contracts/json.ts'
import { isObject, readEntries, toObject } from '../json/entries.ts'

/** A table as an object of equally long lists becomes a list of records; null where the value is no such table. */
export function columnsToRecords(value: JsonValue): JsonObject[] | null {
  const columns = readEntries(value)
  if (columns === null) return null
  const first = columns[0]?.[1]
  if (!Array.isArray(first)) return null
  const lists = columns.flatMap(([name, list]) => (Array.isArray(list) ? [{ name, list }] : []))
  if (lists.length < columns.length || lists.some(({ list }) => list.length !== first.length)) return null
  return first.map((_, row) => toObject(lists.map(({ name, list }) => [name, list[row] ?? null])))
}

/** True for a non-empty list of objects. */
export function isRecords(value: JsonValue): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isObject)
}
