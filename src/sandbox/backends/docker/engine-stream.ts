/**
 * Takes apart what an engine sends for an attached container: eight bytes (stream, three zeros, length big-endian), data.
 * The headers are the engine's own; data is passed on as it comes, nothing is kept.
 */
export class EngineStream {
  readonly #onData: (stream: 'stdout' | 'stderr', chunk: Buffer) => void
  #header = Buffer.alloc(0)
  #stream: 'stdout' | 'stderr' = 'stdout'
  #left = 0

  constructor(onData: (stream: 'stdout' | 'stderr', chunk: Buffer) => void) {
    this.#onData = onData
  }

  add(chunk: Buffer): void {
    let rest = chunk
    while (rest.length > 0) {
      if (this.#left === 0) {
        const missing = 8 - this.#header.length
        this.#header = Buffer.concat([this.#header, rest.subarray(0, missing)])
        rest = rest.subarray(missing)
        if (this.#header.length < 8) return
        this.#stream = this.#header[0] === 2 ? 'stderr' : 'stdout'
        this.#left = this.#header.readUInt32BE(4)
        this.#header = Buffer.alloc(0)
        continue
      }
      const data = rest.subarray(0, this.#left)
      rest = rest.subarray(data.length)
      this.#left -= data.length
      this.#onData(this.#stream, data)
    }
  }
}
