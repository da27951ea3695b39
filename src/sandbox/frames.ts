/** Frames on the control connection: four bytes of length, big-endian, then that many bytes of JSON in UTF-8. */

export class FrameTooLarge extends Error {
  constructor(bytes: number, limit: number) {
    super(`A frame of ${bytes} bytes; the limit is ${limit}`)
  }
}

export function encodeFrame(message: unknown): Buffer {
  return encodeJsonFrame(JSON.stringify(message))
}

/** As `encodeFrame`, of what is JSON already. */
export function encodeJsonFrame(json: string): Buffer {
  const length = Buffer.byteLength(json, 'utf8')
  const frame = Buffer.allocUnsafe(4 + length)
  frame.writeUInt32BE(length, 0)
  frame.write(json, 4, 'utf8')
  return frame
}

/** Cuts a hostile stream into the bodies of frames. Allocates by what has come, never by what a frame claims to be. */
export class FrameReader {
  #pieces: Buffer[] = []
  #bytes = 0
  limit: number

  constructor(limit: number) {
    this.limit = limit
  }

  /** The bodies that are complete now. Throws `FrameTooLarge`; the reader is of no use afterwards. */
  add(chunk: Buffer): Buffer[] {
    this.#pieces.push(chunk)
    this.#bytes += chunk.length
    const bodies: Buffer[] = []
    for (;;) {
      if (this.#bytes < 4) return bodies
      const length = this.#peekLength()
      if (length > this.limit) throw new FrameTooLarge(length, this.limit)
      if (this.#bytes < 4 + length) return bodies
      const all = this.#merge()
      bodies.push(all.subarray(4, 4 + length))
      const rest = all.subarray(4 + length)
      this.#pieces = rest.length > 0 ? [rest] : []
      this.#bytes = rest.length
    }
  }

  #peekLength(): number {
    const first = this.#pieces[0]
    return (first !== undefined && first.length >= 4 ? first : this.#merge()).readUInt32BE(0)
  }

  #merge(): Buffer {
    if (this.#pieces.length === 1) return this.#pieces[0] ?? Buffer.alloc(0)
    const merged = Buffer.concat(this.#pieces)
    this.#pieces = [merged]
    return merged
  }
}
