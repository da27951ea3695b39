import { createHash } from 'node:crypto'
import type { JsonValue } from '../../contracts/json.ts'
import type { StoredValue } from '../../contracts/run.ts'

/** A value of more bytes than this, as JSON, stands in a file of its run; records and lists name it. */
export const LARGEST_RECORDED_BYTES = 64 * 1024

/** A value that is too large for a record, with its text; null for one that is not. */
export function toStoredValue(value: JsonValue): { text: string; stored: StoredValue } | null {
  const text = JSON.stringify(value)
  // No UTF-16 unit takes more than three bytes: most values need no counting.
  if (text.length * 3 <= LARGEST_RECORDED_BYTES) return null
  const bytes = Buffer.byteLength(text)
  if (bytes <= LARGEST_RECORDED_BYTES) return null
  const hash = createHash('sha256').update(text).digest('hex')
  return { text, stored: { $stored: { hash, bytes, mediaType: 'application/json' } } }
}

export function isStoredValue(value: unknown): value is StoredValue {
  if (typeof value !== 'object' || value === null || !('$stored' in value)) return false
  const { $stored } = value
  return (
    typeof $stored === 'object' && $stored !== null && 'hash' in $stored && /^[0-9a-f]{64}$/.test(String($stored.hash))
  )
}

/** The steps of a result with the names of large values in place of them. */
export function nameLargeValues<Step extends { value: JsonValue | null }>(steps: readonly Step[]): Step[] {
  return steps.map((step) => {
    const large = step.value === null ? null : toStoredValue(step.value)
    return large === null ? step : { ...step, value: { ...large.stored } }
  })
}
