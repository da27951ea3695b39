import { z } from 'zod'
import { HandaxeError } from '../../contracts/errors.ts'

const FORMATS = ['json', 'npy', 'parquet', 'pickle', 'v8'] as const
const VALUE_NAME = /^[\p{L}_][\p{L}\p{N}_]{0,63}$/u
const SESSION_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
/** What hides or reorders text, or steers a terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu

/** Bounds of a session, beside those of each execution: what is kept leaves it as artifacts (`limits.artifactBytes`). */
export interface SessionLimits {
  /** Values in the session. */
  values: number
  /** Bytes of one value's snapshot. */
  valueBytes: number
  /** Bytes of all snapshots together. */
  totalBytes: number
}

const MIB = 1024 * 1024
export const DEFAULT_SESSION_LIMITS: Readonly<SessionLimits> = Object.freeze({
  values: 128,
  valueBytes: 64 * MIB,
  totalBytes: 512 * MIB,
})

const valueName = z.string().regex(VALUE_NAME)
/** Words of hostile code, made harmless to show. */
const words = (most: number) => z.string().transform((text) => text.slice(0, most).replaceAll(UNPRINTABLE, '\ufffd'))
const format = z.enum(FORMATS)

const storedValue = z.strictObject({
  name: valueName,
  format,
  file: z.string().regex(/^\d{1,4}\.[a-z0-9]+$/),
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  type: z.string(),
})

/** `session.json`: the whole state. */
export const manifestSchema = z.strictObject({
  format: z.literal(1),
  savedAt: z.string(),
  /** The folder of the files, beside the manifest. */
  folder: z.string().regex(/^values-[\w-]+$/),
  values: z.array(storedValue),
})

/** What the code says it has kept: hostile. */
export const indexSchema = z.strictObject({
  values: z
    .array(
      z.strictObject({ name: valueName, format, file: z.string().regex(/^\d{1,6}\.[a-z0-9]+$/), type: words(120) }),
    )
    .max(10_000),
  dropped: z.array(z.string()).max(10_000),
  failed: z.array(z.strictObject({ name: words(64), reason: words(400) })).max(1000),
})

export type SessionValue = z.infer<typeof storedValue>
export type SessionManifest = z.infer<typeof manifestSchema>
export type SessionIndex = z.infer<typeof indexSchema>

/** Throws `invalid_arguments`. */
export function checkSessionName(name: string): void {
  if (SESSION_NAME.test(name)) return
  throw new HandaxeError('invalid_arguments', `A session cannot be named ${JSON.stringify(name.slice(0, 100))}`, {
    hint: 'Use 1 to 64 letters, digits, dots, hyphens and underscores, the first one a letter or a digit',
  })
}

/** Throws `invalid_arguments`. */
export function checkValueNames(names: readonly string[]): void {
  for (const name of names) {
    if (VALUE_NAME.test(name)) continue
    throw new HandaxeError('invalid_arguments', `A value cannot be named ${JSON.stringify(name.slice(0, 100))}`, {
      hint: 'Use the name of a variable, of 1 to 64 letters, digits and underscores',
    })
  }
}
