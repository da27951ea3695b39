import type { JsonSchema, JsonValue } from '../contracts/json.ts'
import { isJsonObject } from './is-json-object.ts'

/** What a `$ref` within the schema leads to: a JSON pointer behind `#`. References to other documents lead nowhere. */
export function findReference(root: JsonSchema, reference: string): JsonValue | undefined {
  if (!reference.startsWith('#')) return undefined
  let part: JsonValue | undefined = root
  for (const step of reference.slice(1).split('/').filter(Boolean)) {
    if (!isJsonObject(part)) return undefined
    part = part[step.replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return part
}
