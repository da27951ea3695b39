/**
 * Any value that survives `JSON.parse(JSON.stringify(value))`. In values that go into the sandbox or come out of it, a
 * number that JSON or JavaScript cannot hold is `{ "$number": "NaN" }`, `"Infinity"`, `"-Infinity"` or the digits of an
 * integer beyond 2^53-1, and bytes are `{ "$bytes": base64 }`.
 */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject

export interface JsonObject {
  [key: string]: JsonValue
}

/** A JSON Schema (draft 2020-12) as plain data. */
export type JsonSchema = JsonObject
