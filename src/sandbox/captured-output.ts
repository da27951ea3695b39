import type { CapturedText } from '../contracts/sandbox.ts'

/** Keeps the first and the last half of a stream of bytes, whatever its length, and counts all of it. */
export class CapturedOutput {
  totalBytes = 0
  readonly #half: number
  readonly #head: Buffer[] = []
  #headBytes = 0
  #tail: Buffer[] = []
  #tailBytes = 0

  constructor(capturedBytes: number) {
    this.#half = Math.ceil(capturedBytes / 2)
  }

  add(chunk: Buffer): void {
    this.totalBytes += chunk.length
    const forHead = chunk.subarray(0, Math.max(0, this.#half - this.#headBytes))
    if (forHead.length > 0) {
      // Copied: a small piece would otherwise keep the whole buffer of the socket alive.
      this.#head.push(Buffer.from(forHead))
      this.#headBytes += forHead.length
    }
    const rest = chunk.subarray(forHead.length)
    if (rest.length === 0 || this.#half === 0) return
    this.#tail.push(Buffer.from(rest.subarray(-this.#half)))
    this.#tailBytes += Math.min(rest.length, this.#half)
    if (this.#tailBytes > 2 * this.#half) this.#trimTail()
  }

  toText(): CapturedText {
    this.#trimTail()
    const head = Buffer.concat(this.#head)
    const tail = Buffer.concat(this.#tail)
    const truncated = this.totalBytes > head.length + tail.length
    if (!truncated)
      return { head: decode(Buffer.concat([head, tail])), tail: '', totalBytes: this.totalBytes, truncated }
    return {
      head: decode(head.subarray(0, wholeCharacters(head))),
      tail: decode(tail.subarray(startOfCharacter(tail))),
      totalBytes: this.totalBytes,
      truncated,
    }
  }

  #trimTail(): void {
    if (this.#half === 0) return
    const tail = Buffer.concat(this.#tail)
    this.#tail = [tail.subarray(-this.#half)]
    this.#tailBytes = Math.min(tail.length, this.#half)
  }
}

/** Invalid UTF-8 becomes U+FFFD; a byte order mark stays. */
function decode(bytes: Buffer): string {
  return bytes.length === 0 ? '' : bytes.toString('utf8')
}

/** Length without a character of UTF-8 that was cut at the end. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if ((byte & 0b1100_0000) === 0b1000_0000) continue
    const size = byte >= 0b1111_0000 ? 4 : byte >= 0b1110_0000 ? 3 : byte >= 0b1100_0000 ? 2 : 1
    return size > back ? bytes.length - back : bytes.length
  }
  return bytes.length
}

function startOfCharacter(bytes: Buffer): number {
  let start = 0
  while (start < Math.min(3, bytes.length) && ((bytes[start] ?? 0) & 0b1100_0000) === 0b1000_0000) start++
  return start
}
