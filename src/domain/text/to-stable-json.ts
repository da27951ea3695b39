import type { JsonValue } from '../../contracts/json.ts'

/**
 * JSON text for prompts. Numbers are cut to 12 significant digits, because the last bits of a float differ between
 * processors and libraries, and two equal situations have to give the same prompt.
 */
export function toStableJson(value: JsonValue | undefined, indent?: number): string {
  const round = (_key: string, part: unknown): unknown =>
    typeof part === 'number' && !Number.isInteger(part) ? Number(part.toPrecision(12)) : part
  return JSON.stringify(value, round, indent) ?? 'null'
}
