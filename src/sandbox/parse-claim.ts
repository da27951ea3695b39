import { z } from 'zod'
import type { JsonValue } from '../contracts/json.ts'
import type { ExecutionError, ExecutionResult } from '../contracts/sandbox.ts'
import { toPlainValue } from './plain-value.ts'

/** What the program says of itself: a value, or an error. Nothing of it decides a limit's status. */
export type Claim =
  | { ok: true; value: JsonValue | undefined; notes: string[]; outputs: number }
  | { ok: false; error: ExecutionError; exitCode: number | null; signal?: string; outputs: number }

/** What of a claim stands in the result. */
export type ClaimedValue = Pick<ExecutionResult, 'value' | 'notes'>

const MOST_NOTES = 20
const NOTE_CHARACTERS = 300
const MOST_OUTPUTS = 1_000_000_000
const text = (maximum: number) => z.string().transform((value) => value.slice(0, maximum).toWellFormed())

const failure = z.object({
  type: z.literal('result'),
  ok: z.literal(false),
  error: z.object({ type: text(200), message: text(20_000), traceback: text(40_000) }),
  exitCode: z.number().int().min(0).max(255).nullable(),
  /** By which the program says that it ended itself. */
  signal: z
    .string()
    .regex(/^SIG[A-Z0-9]{2,10}$/)
    .exactOptional(),
  outputs: z.number().int().min(0).max(MOST_OUTPUTS),
})

const strictDecoder = new TextDecoder('utf-8', { fatal: true })

/** The body of a frame from a process that may be hostile. Throws an `Error` whose message says what is wrong with it. */
export function parseClaim(body: Buffer): Claim {
  const message: unknown = JSON.parse(strictDecoder.decode(body))
  const good = asSuccess(message)
  if (good !== null) {
    const { hasValue, value, notes, outputs } = good
    if (hasValue && value === undefined) throw new Error('The frame announces a value and has none')
    return { ok: true, value: hasValue ? toPlainValue(value) : undefined, notes, outputs }
  }
  const bad = failure.safeParse(message)
  if (!bad.success) throw new Error('The frame is not a result')
  const { type: _, ...claim } = bad.data
  return claim
}

/** The value of an execution that ended well. */
export function claimedValue(claim: Claim | null): ClaimedValue {
  if (claim === null || !claim.ok) return {}
  const { value, notes } = claim
  return { ...(value === undefined ? {} : { value }), ...(notes.length === 0 ? {} : { notes }) }
}

/**
 * Five fields, by hand: every execution waits for this, and a schema that is used once in a while takes 20 to 50 µs where
 * this takes one.
 */
function asSuccess(message: unknown): { hasValue: boolean; value: unknown; notes: string[]; outputs: number } | null {
  if (typeof message !== 'object' || message === null) return null
  const { type, ok, hasValue, value, notes = [], outputs } = message as Record<string, unknown>
  if (type !== 'result' || ok !== true || typeof hasValue !== 'boolean') return null
  if (typeof outputs !== 'number' || !Number.isInteger(outputs) || outputs < 0 || outputs > MOST_OUTPUTS) return null
  if (!Array.isArray(notes) || notes.length > MOST_NOTES) return null
  const texts = notes
    .filter((note) => typeof note === 'string')
    .map((note) => note.slice(0, NOTE_CHARACTERS).toWellFormed())
  return { hasValue, value, notes: texts, outputs }
}

export function isReady(body: Buffer): boolean {
  return body.length <= 64 && body.toString('latin1') === '{"type":"ready"}'
}
