import type { JsonObject, JsonValue } from '../contracts/json.ts'

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
