import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ClientHelloReader, type ClientHelloReading } from '../../../src/sandbox/egress/client-hello.ts'
import {
  buildHello,
  captureHello,
  inRecords,
  serverName,
  vector,
  type HelloParts,
} from './support/client-hello-bytes.ts'

const MAX_BYTES = 16 * 1024

function read(bytes: Buffer, maxBytes = MAX_BYTES): ClientHelloReading {
  return new ClientHelloReader(maxBytes).push(bytes)
}

function built(parts: HelloParts): ClientHelloReading {
  return read(inRecords(buildHello(parts)))
}

function complete(name: string | null, encryptedHello = false): ClientHelloReading {
  return { state: 'complete', hello: { serverName: name, encryptedHello } }
}

describe('a real greeting', () => {
  test('gives its server name', async () => {
    expect(read(await captureHello({ servername: 'api.example.com' }))).toEqual(complete('api.example.com'))
    const old = await captureHello({ servername: 'api.example.com', maxVersion: 'TLSv1.2' })
    expect(read(old)).toEqual(complete('api.example.com'))
  })

  test('without a server name has none', async () => {
    expect(read(await captureHello({}))).toEqual(complete(null))
  })

  test('is the same however it is cut into pieces', async () => {
    const bytes = await captureHello({ servername: 'api.example.com' })
    const reader = new ClientHelloReader(MAX_BYTES)
    for (const [index, byte] of bytes.entries()) {
      const reading = reader.push(Buffer.from([byte]))
      expect(reading).toEqual(index === bytes.length - 1 ? complete('api.example.com') : { state: 'incomplete' })
    }
  })

  test('is the same in records of any size, and what follows is not looked at', async () => {
    const message = (await captureHello({ servername: 'api.example.com' })).subarray(5)
    for (const size of [1, 2, 3, 4, 5, 7, 100, message.length]) {
      expect(read(inRecords(message, size)), `${size}`).toEqual(complete('api.example.com'))
      expect(read(Buffer.concat([inRecords(message, size), Buffer.from('anything')]))).toEqual(
        complete('api.example.com'),
      )
    }
  })
})

describe('a greeting made by hand', () => {
  test('may lack extensions altogether', () => {
    expect(built({ extensions: null })).toEqual(complete(null))
    expect(built({ extensions: [] })).toEqual(complete(null))
  })

  test('says when it carries an encrypted one', () => {
    const extensions = [serverName('api.example.com'), { type: 0xfe0d, content: Buffer.from([0]) }]
    expect(built({ extensions })).toEqual(complete('api.example.com', true))
  })

  const sni = (content: Buffer) => [{ type: 0, content }]
  const entry = (type: number, name: string) => Buffer.concat([Buffer.from([type]), vector(Buffer.from(name), 2)])
  test.each<[string, HelloParts]>([
    ['two names', { extensions: [serverName('api.example.com', 'evil.com')] }],
    ['the extension twice', { extensions: [serverName('api.example.com'), serverName('evil.com')] }],
    ['another extension twice', { extensions: [1, 1].map((type) => ({ type, content: Buffer.alloc(0) })) }],
    ['an empty name', { extensions: [serverName('')] }],
    ['a NUL in the name', { extensions: [serverName('evil.com\0.api.example.com')] }],
    ['a space in the name', { extensions: [serverName('api.example.com ')] }],
    ['bytes above ASCII', { extensions: [serverName(Buffer.from('münchen.de'))] }],
    ['a name that is too long', { extensions: [serverName('a'.repeat(256))] }],
    ['another type of name', { extensions: sni(vector(entry(1, 'api.example.com'), 2)) }],
    ['an empty list', { extensions: sni(vector(Buffer.alloc(0), 2)) }],
    ['no list', { extensions: sni(Buffer.alloc(0)) }],
    ['bytes behind the list', { extensions: sni(Buffer.concat([serverName('a.example').content, Buffer.from([0])])) }],
    ['a list that is too long', { extensions: sni(Buffer.from([0, 9, 0, 0, 1, 97])) }],
    ['a name that is cut', { extensions: sni(Buffer.from([0, 5, 0, 0, 9, 97, 97])) }],
    ['bytes behind the extensions', { tail: Buffer.from([0]) }],
    ['a session id of 33 bytes', { sessionId: Buffer.alloc(33) }],
    ['no cipher suites', { cipherSuites: Buffer.alloc(0) }],
    ['half a cipher suite', { cipherSuites: Buffer.alloc(3) }],
    ['no compression method', { compressionMethods: Buffer.alloc(0) }],
    ['a version that is not TLS', { version: [2, 0] }],
  ])('with %s is invalid', (_, parts) => {
    expect(built(parts)).toEqual({ state: 'invalid' })
  })

  test('whose length says more or less than there is, is invalid', () => {
    const message = buildHello()
    const longer = Buffer.from(message)
    longer.writeUIntBE(message.length - 4 + 1, 1, 3)
    expect(read(inRecords(Buffer.concat([longer, Buffer.from([0])])))).toEqual({ state: 'invalid' })
    const shorter = Buffer.from(message)
    shorter.writeUIntBE(message.length - 4 - 1, 1, 3)
    expect(read(inRecords(shorter))).toEqual({ state: 'invalid' })
  })

  test('with a second message in its record is invalid', () => {
    const two = Buffer.concat([buildHello(), buildHello({ extensions: [serverName('evil.com')] })])
    expect(read(inRecords(two))).toEqual({ state: 'invalid' })
  })
})

describe('what is no greeting', () => {
  test.each([
    ['HTTP', 'GET / HTTP/1.1\r\n\r\n'],
    ['SSH', 'SSH-2.0-OpenSSH\r\n'],
    ['SMTP', 'EHLO x\r\n'],
    ['an old SSL greeting', '\x80\x2e\x01\x03\x01'],
    ['an alert', '\x15\x03\x03\x00\x02\x02\x28'],
    ['application data', '\x17\x03\x03\x00\x01a'],
    ['an empty record', '\x16\x03\x01\x00\x00'],
    ['a record that is too long', '\x16\x03\x01\x40\x01'],
    ['a ServerHello', '\x16\x03\x03\x00\x04\x02\x00\x00\x00'],
    ['an empty message', '\x16\x03\x03\x00\x04\x01\x00\x00\x00'],
  ])('%s is known at once', (_, text) => {
    expect(read(Buffer.from(text, 'latin1'))).toEqual({ state: 'invalid' })
  })

  test('nothing at all is waited for', () => {
    expect(read(Buffer.alloc(0))).toEqual({ state: 'incomplete' })
    expect(read(Buffer.from([22]))).toEqual({ state: 'incomplete' })
  })

  test('a greeting that promises sixteen megabytes ends at the limit', () => {
    const endless = inRecords(Buffer.concat([Buffer.from([1, 0xff, 0xff, 0xff]), Buffer.alloc(40_000)]))
    expect(read(endless)).toEqual({ state: 'too-large' })
    expect(read(endless.subarray(0, MAX_BYTES - 1))).toEqual({ state: 'incomplete' })
  })

  test('a drip of one-byte records costs little and ends at the limit', () => {
    const drip = inRecords(Buffer.concat([Buffer.from([1, 0, 0x30, 0]), Buffer.alloc(40_000)]), 1)
    const startedAt = performance.now()
    const reader = new ClientHelloReader(MAX_BYTES)
    let reading: ClientHelloReading = { state: 'incomplete' }
    let pushed = 0
    for (; pushed < drip.length && reading.state === 'incomplete'; pushed++) {
      reading = reader.push(drip.subarray(pushed, pushed + 1))
    }
    expect(reading).toEqual({ state: 'too-large' })
    expect(pushed).toBe(MAX_BYTES)
    expect(performance.now() - startedAt).toBeLessThan(5000)
  })
})

describe('any bytes', () => {
  const anyHello = fc
    .record({ names: fc.array(fc.domain(), { maxLength: 2 }), size: fc.integer({ min: 1, max: 400 }) })
    .map(({ names, size }) => inRecords(buildHello({ extensions: names.map((name) => serverName(name)) }), size))
  const damaged = fc
    .tuple(anyHello, fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 4 }), fc.nat(400))
    .map(([bytes, changes, cut]) => {
      const copy = Buffer.from(bytes)
      for (const [at, value] of changes) if (at < copy.length) copy[at] = value
      return cut === 0 ? copy : copy.subarray(0, Math.max(1, copy.length - (cut % 40)))
    })
  const ugly = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => inRecords(Buffer.concat([Buffer.from([1, 0, 1]), bytes]))),
    damaged,
  )

  test('are read without an exception, and any name is printable ASCII that stands in them', () => {
    fc.assert(
      fc.property(ugly, (bytes) => {
        const reading = read(bytes, 512)
        if (reading.state !== 'complete' || reading.hello.serverName === null) return
        expect(reading.hello.serverName).toMatch(/^[\x21-\x7e]{1,255}$/)
      }),
      { numRuns: 20_000 },
    )
  })

  test('are read the same in one piece and in many', () => {
    fc.assert(
      fc.property(ugly, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 }), (bytes, cuts) => {
        const reader = new ClientHelloReader(512)
        let reading = reader.push(Buffer.alloc(0))
        for (let offset = 0, index = 0; offset < bytes.length; index++) {
          const size = cuts[index % cuts.length] ?? 1
          reading = reader.push(bytes.subarray(offset, offset + size))
          offset += size
        }
        expect(reading).toEqual(read(bytes, 512))
      }),
      { numRuns: 20_000 },
    )
  })

  test('an answer once given stays, whatever follows', () => {
    fc.assert(
      fc.property(ugly, ugly, (first, second) => {
        const reader = new ClientHelloReader(512)
        const reading = reader.push(first)
        if (reading.state !== 'incomplete') expect(reader.push(second)).toEqual(reading)
      }),
      { numRuns: 5000 },
    )
  })
})
