import type { InjectedSecret } from '../../contracts/network.ts'
import type { StreamFilter } from './pump.ts'

/** Shorter parts would strike ordinary text. */
const SHORTEST_NEEDLE = 8

/**
 * What of the secrets must not come back in an answer: each value, and what follows its scheme (`Bearer …`).
 * This stops a server that repeats the headers in an error page. It does not stop one that can be made to encode them
 * or to send them in pieces: a secret is for hosts that do not repeat it.
 */
export function secretNeedles(secrets: InjectedSecret[]): Buffer[] {
  const texts = secrets.flatMap(({ value }) => [value, value.slice(value.indexOf(' ') + 1)])
  const long = texts.filter((text, index) => text.length >= SHORTEST_NEEDLE || index % 2 === 0)
  // The longest first, so that a part is not masked inside of the whole.
  return [...new Set(long)].sort((a, b) => b.length - a.length).map((text) => Buffer.from(text, 'latin1'))
}

/** The same text with asterisks. */
export function maskText(text: string, needles: Buffer[]): string {
  return mask(Buffer.from(text, 'latin1'), needles).toString('latin1')
}

/** Replaces by as many asterisks, so that no length changes; holds back only what may be the start of a secret. */
export function createMaskFilter(needles: Buffer[]): StreamFilter {
  let held: Buffer = Buffer.alloc(0)
  return {
    push(chunk) {
      const bytes = mask(Buffer.concat([held, chunk]), needles)
      const keep = Math.max(0, ...needles.map((needle) => openEndBytes(bytes, needle)))
      held = bytes.subarray(bytes.length - keep)
      return bytes.subarray(0, bytes.length - keep)
    },
    flush: () => held,
  }
}

function mask(bytes: Buffer, needles: Buffer[]): Buffer {
  const masked = Buffer.from(bytes)
  for (const needle of needles) {
    for (let at = masked.indexOf(needle); at !== -1; at = masked.indexOf(needle, at + needle.length)) {
      masked.fill('*', at, at + needle.length)
    }
  }
  return masked
}

/** How many bytes at the end are the beginning of the needle. */
function openEndBytes(bytes: Buffer, needle: Buffer): number {
  for (let count = Math.min(needle.length - 1, bytes.length); count > 0; count--) {
    if (bytes.subarray(bytes.length - count).equals(needle.subarray(0, count))) return count
  }
  return 0
}
