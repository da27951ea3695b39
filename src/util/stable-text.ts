import type { JsonValue } from '../contracts/json.ts'

/** JSON text with the keys of objects in alphabetical order: the same for values that are the same. */
export function stableText(value: JsonValue): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : part,
  )
}
