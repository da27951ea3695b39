import { createServer } from 'node:net'
import { connect, type ConnectionOptions } from 'node:tls'
import type { AddressInfo } from 'node:net'

/** The first bytes that Node's own TLS sends to a server. */
export async function captureHello(options: ConnectionOptions): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>()
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('data', (bytes: Buffer) => {
      resolve(bytes)
      socket.destroy()
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const client = connect({ ...options, host: '127.0.0.1', port: (server.address() as AddressInfo).port })
  client.on('error', () => client.destroy())
  const bytes = await promise
  server.close()
  return bytes
}

export interface HelloParts {
  version?: number[]
  sessionId?: Buffer
  cipherSuites?: Buffer
  compressionMethods?: Buffer
  extensions?: { type: number; content: Buffer }[] | null
  /** Behind the last extension, inside of the message. */
  tail?: Buffer
}

/** A handshake message with its header, put together by hand. */
export function buildHello(parts: HelloParts = {}): Buffer {
  const { version = [3, 3], sessionId = Buffer.alloc(32, 1), cipherSuites = Buffer.from([0x13, 0x01]) } = parts
  const { compressionMethods = Buffer.from([0]), extensions = [serverName('api.example.com')], tail } = parts
  const all = (extensions ?? []).map(({ type, content }) => Buffer.concat([number(type, 2), vector(content, 2)]))
  const body = Buffer.concat([
    Buffer.from(version),
    Buffer.alloc(32, 7),
    vector(sessionId, 1),
    vector(cipherSuites, 2),
    vector(compressionMethods, 1),
    extensions === null ? Buffer.alloc(0) : vector(Buffer.concat(all), 2),
    tail ?? Buffer.alloc(0),
  ])
  return Buffer.concat([Buffer.from([1]), number(body.length, 3), body])
}

/** The message as records of at most this size. */
export function inRecords(message: Buffer, recordBytes = 16_384, type = 22): Buffer {
  const records: Buffer[] = []
  for (let offset = 0; offset < message.length; offset += recordBytes) {
    const fragment = message.subarray(offset, offset + recordBytes)
    records.push(Buffer.from([type, 3, 1]), vector(fragment, 2))
  }
  return Buffer.concat(records)
}

export function serverName(...names: (string | Buffer)[]): { type: number; content: Buffer } {
  const entries = names.map((name) => Buffer.concat([Buffer.from([0]), vector(Buffer.from(name), 2)]))
  return { type: 0, content: vector(Buffer.concat(entries), 2) }
}

export function vector(content: Buffer, lengthSize: 1 | 2): Buffer {
  return Buffer.concat([number(content.length, lengthSize), content])
}

function number(value: number, size: number): Buffer {
  const bytes = Buffer.alloc(size)
  bytes.writeUIntBE(value, 0, size)
  return bytes
}
