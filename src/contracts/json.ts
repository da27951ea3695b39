/**
 * Any value that survives `JSON.parse(JSON.stringify(value))`. In values that go into the sandbox or come out of it, what
 * JSON or JavaScript cannot hold stands in a tag:
 *
 * - `{ "$number": "NaN" }`: also `"Infinity"`, `"-Infinity"`, and all digits of an integer beyond 2^53-1 or of a decimal
 *   that a double would not give back
 * - `{ "$bytes": base64 }`
 * - `{ "$entries": [[label, value], …] }`: an object whose order a JavaScript object would change, as it does with labels
 *   that look like whole numbers. An object whose order it keeps is a plain one.
 */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject

export interface JsonObject {
  [key: string]: JsonValue
}

/** A JSON Schema (draft 2020-12) as plain data. */
export type JsonSchema = JsonObject
