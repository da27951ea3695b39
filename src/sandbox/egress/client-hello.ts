/** What the first message of a TLS connection says about whom it is for. */
export interface ClientHello {
  /** The server name as it was sent, printable ASCII; null where none was. */
  serverName: string | null
  /** True where a second, hidden greeting with another server name may be inside. */
  encryptedHello: boolean
}

export type ClientHelloReading =
  | { state: 'incomplete' }
  | { state: 'complete'; hello: ClientHello }
  | { state: 'invalid' }
  | { state: 'too-large' }

const RECORD_HEADER_BYTES = 5
const RECORD_TYPE_HANDSHAKE = 22
const MOST_RECORD_BYTES = 16_384
const MESSAGE_HEADER_BYTES = 4
const MESSAGE_TYPE_CLIENT_HELLO = 1
const EXTENSION_SERVER_NAME = 0
const EXTENSION_ENCRYPTED_CLIENT_HELLO = 0xfe0d

/**
 * Reads a ClientHello (RFC 8446 4.1.2, RFC 5246 7.4.1.2) from the first bytes of a connection, which may be anything.
 * Stricter than servers are: whatever two servers could read differently (lengths that disagree, bytes left over, a
 * repeated extension, more than one name) is invalid. Records after the greeting are not looked at.
 * Each byte is touched once, however it arrives, so that a drip of one-byte records costs the host nothing.
 */
export class ClientHelloReader {
  readonly #maxBytes: number
  readonly #recordHeader = Buffer.alloc(RECORD_HEADER_BYTES)
  #recordHeaderFilled = 0
  #recordLeft = 0
  readonly #message: Buffer
  #messageFilled = 0
  #totalBytes = 0
  #settled: ClientHelloReading | null = null

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
    this.#message = Buffer.alloc(maxBytes)
  }

  /** Takes the next bytes; once the answer is not `incomplete` it stays the same. */
  push(chunk: Buffer): ClientHelloReading {
    for (let offset = 0; this.#settled === null && offset < chunk.length;) {
      const taken = this.#recordLeft > 0 ? this.#takeContent(chunk, offset) : this.#takeHeaderByte(chunk[offset] ?? 0)
      offset += taken
      this.#totalBytes += taken
      if (this.#settled === null && this.#totalBytes >= this.#maxBytes) this.#settled = { state: 'too-large' }
    }
    return this.#settled ?? { state: 'incomplete' }
  }

  #takeHeaderByte(byte: number): number {
    const index = this.#recordHeaderFilled++
    this.#recordHeader[index] = byte
    // Judged byte by byte, so that what is plainly something else is not waited for.
    if ((index === 0 && byte !== RECORD_TYPE_HANDSHAKE) || (index === 1 && byte !== 3)) return this.#invalid(1)
    if (index < RECORD_HEADER_BYTES - 1) return 1
    const length = this.#recordHeader.readUInt16BE(3)
    if (length === 0 || length > MOST_RECORD_BYTES) return this.#invalid(1)
    this.#recordLeft = length
    this.#recordHeaderFilled = 0
    return 1
  }

  #takeContent(chunk: Buffer, offset: number): number {
    const taken = chunk.copy(this.#message, this.#messageFilled, offset, offset + this.#recordLeft)
    this.#messageFilled += taken
    this.#recordLeft -= taken
    if (this.#message[0] !== MESSAGE_TYPE_CLIENT_HELLO) return this.#invalid(taken)
    if (this.#messageFilled < MESSAGE_HEADER_BYTES) return taken
    const end = MESSAGE_HEADER_BYTES + this.#message.readUIntBE(1, 3)
    if (this.#messageFilled > end) return this.#invalid(taken)
    if (this.#messageFilled < end) return taken
    // Another message in the same record is no greeting that a browser or a library sends.
    if (this.#recordLeft > 0) return this.#invalid(taken)
    const hello = parseHello(new Cursor(this.#message.subarray(MESSAGE_HEADER_BYTES, end)))
    this.#settled = hello === null ? { state: 'invalid' } : { state: 'complete', hello }
    return taken
  }

  #invalid(taken: number): number {
    this.#settled = { state: 'invalid' }
    return taken
  }
}

function parseHello(cursor: Cursor): ClientHello | null {
  const legacyVersion = cursor.number(2)
  cursor.bytes(32) // random
  const sessionId = cursor.vector(1)
  const cipherSuites = cursor.vector(2)
  const compressionMethods = cursor.vector(1)
  if (legacyVersion >> 8 !== 3 || sessionId.length > 32 || compressionMethods.length === 0) return null
  if (cipherSuites.length === 0 || cipherSuites.length % 2 !== 0) return null
  if (cursor.failed) return null
  // Extensions are absent in the oldest greetings.
  if (cursor.atEnd) return { serverName: null, encryptedHello: false }
  const extensions = new Cursor(cursor.vector(2))
  return cursor.failed || !cursor.atEnd ? null : parseExtensions(extensions)
}

function parseExtensions(cursor: Cursor): ClientHello | null {
  const seen = new Set<number>()
  let serverName: string | null = null
  while (!cursor.atEnd) {
    const type = cursor.number(2)
    const content = cursor.vector(2)
    if (cursor.failed || seen.has(type)) return null
    seen.add(type)
    if (type !== EXTENSION_SERVER_NAME) continue
    serverName = parseServerName(content)
    if (serverName === null) return null
  }
  return { serverName, encryptedHello: seen.has(EXTENSION_ENCRYPTED_CLIENT_HELLO) }
}

/** One list, with one entry, of the type host_name, and nothing after it (RFC 6066 3). */
function parseServerName(content: Buffer): string | null {
  const extension = new Cursor(content)
  const list = new Cursor(extension.vector(2))
  const type = list.number(1)
  const name = list.vector(2)
  if (extension.failed || !extension.atEnd || list.failed || !list.atEnd || type !== 0) return null
  const text = name.toString('latin1')
  return /^[\x21-\x7e]{1,255}$/.test(text) ? text : null
}

/** Reads forward; after the first read past the end it has `failed` and gives zeros and nothing. */
class Cursor {
  failed = false
  #offset = 0
  readonly #buffer: Buffer

  constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  get atEnd(): boolean {
    return this.failed || this.#offset === this.#buffer.length
  }

  bytes(count: number): Buffer {
    if (this.failed || this.#offset + count > this.#buffer.length) {
      this.failed = true
      return Buffer.alloc(0)
    }
    this.#offset += count
    return this.#buffer.subarray(this.#offset - count, this.#offset)
  }

  number(size: 1 | 2): number {
    const bytes = this.bytes(size)
    return this.failed ? 0 : bytes.readUIntBE(0, size)
  }

  vector(lengthSize: 1 | 2): Buffer {
    return this.bytes(this.number(lengthSize))
  }
}
