import { createHash } from 'node:crypto'

/** Hexadecimal, of the text as UTF-8 or of the bytes. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
