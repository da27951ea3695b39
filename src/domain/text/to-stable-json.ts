import type { JsonValue } from '../../contracts/json.ts'
import { toJsonText } from '../json/to-json-text.ts'
import { roundNoise } from '../numbers/round-noise.ts'

/**
 * JSON text for prompts, in the program's order and with all digits of integers and decimals. Floats are cut before their
 * last digits, which differ between processors and libraries: two equal situations have to give the same prompt.
 */
export function toStableJson(value: JsonValue | undefined): string {
  return toJsonText(withoutNoise(value), { digits: true })
}

function withoutNoise(value: JsonValue | undefined): JsonValue | undefined {
  if (typeof value === 'number') return roundNoise(value)
  if (Array.isArray(value)) return value.map((item) => withoutNoise(item) ?? null)
  if (value === null || typeof value !== 'object') return value
  const copy: { [key: string]: JsonValue } = Object.create(null) as { [key: string]: JsonValue }
  for (const [label, item] of Object.entries(value)) copy[label] = withoutNoise(item) ?? null
  return copy
}
