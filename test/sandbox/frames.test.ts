import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeFrame, FrameReader, FrameTooLarge } from '../../src/sandbox/frames.ts'
import { parseClaim } from '../../src/sandbox/parse-claim.ts'
import { toPlainValue } from '../../src/sandbox/plain-value.ts'

/** The stream in pieces of any size, as a socket may deliver it. */
function cut(stream: Buffer, sizes: number[]): Buffer[] {
  const pieces: Buffer[] = []
  let start = 0
  for (const size of sizes) {
    pieces.push(stream.subarray(start, start + size))
    start += size
  }
  return [...pieces, stream.subarray(start)]
}

test('frames come out as they went in, however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.json(), { maxLength: 5 }), fc.array(fc.nat(40), { maxLength: 60 }), (messages, sizes) => {
      const values = messages.map((text) => JSON.parse(text) as unknown)
      const reader = new FrameReader(1_000_000)
      const stream = Buffer.concat(values.map((value) => encodeFrame(value)))
      const bodies = cut(stream, sizes).flatMap((piece) => reader.add(piece))
      expect(bodies.map((body) => JSON.parse(body.toString('utf8')) as unknown)).toEqual(values)
    }),
  )
})

test('a length over the limit is refused before anything of it has come', () => {
  const head = Buffer.alloc(4)
  head.writeUInt32BE(0xffff_ffff)
  expect(() => new FrameReader(1000).add(head)).toThrow(FrameTooLarge)
})

test('any bytes are cut into frames or refused, and parsed or refused, and nothing else happens', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }), (chunks) => {
      const reader = new FrameReader(10_000)
      try {
        for (const chunk of chunks) {
          for (const body of reader.add(Buffer.from(chunk))) expect(() => parseClaim(body)).toThrow(Error)
        }
      } catch (error) {
        expect(error).toBeInstanceOf(FrameTooLarge)
      }
    }),
    { numRuns: 500 },
  )
})

/** Results that are nearly right: each field is of the right kind, of another kind, or missing. */
const nearlyResult = fc.record(
  {
    type: fc.constantFrom<unknown>('result', 'ready', null, 1),
    ok: fc.constantFrom<unknown>(true, false, 'true', null, 1),
    hasValue: fc.constantFrom<unknown>(true, false, 0, null),
    value: fc.anything({ withNullPrototype: false }),
    error: fc.constantFrom<unknown>(
      { type: 'E', message: 'm', traceback: '' },
      { type: 1, message: 'm', traceback: '' },
      { type: 'E' },
      'E',
      null,
    ),
    exitCode: fc.constantFrom<unknown>(null, 0, 255, 256, -1, 1.5, '1'),
    notes: fc.constantFrom<unknown>([], ['a note'], [1, '\ud800'], 'a note', null, Array.from({ length: 21 }, String)),
    outputs: fc.constantFrom<unknown>(0, 1, -1, 1e300, 0.5, null, '0'),
  },
  { requiredKeys: [] },
)

test('a frame that is nearly a result is a whole claim or refused', () => {
  fc.assert(
    fc.property(nearlyResult, (message) => {
      const body = Buffer.from(JSON.stringify(message) ?? 'null')
      try {
        const claim = parseClaim(body)
        expect(Number.isInteger(claim.outputs)).toBe(true)
        expect(message.type).toBe('result')
        if (claim.ok) {
          expect(message.ok).toBe(true)
          expect(claim.notes.every((note) => typeof note === 'string' && note.isWellFormed())).toBe(true)
        } else expect(typeof claim.error.message).toBe('string')
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
        expect(error).not.toBeInstanceOf(RangeError)
      }
    }),
    { numRuns: 1000 },
  )
})

test('the value of a claim survives being written and read again, and has no prototype to change', () => {
  fc.assert(
    fc.property(fc.json({ noUnicodeString: false, maxDepth: 6 } as object), (text) => {
      const value = toPlainValue(JSON.parse(text))
      expect(JSON.parse(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(JSON.parse(text))))
    }),
  )
})

test('keys named __proto__ are left out at every depth', () => {
  const value = toPlainValue(JSON.parse('{"a":[{"__proto__":{"x":1},"b":2}],"__proto__":1}'))
  expect(value).toEqual({ a: [{ b: 2 }] })
})

test('lone surrogates are replaced in values and keys', () => {
  expect(toPlainValue(JSON.parse('{"\\ud800":["\\udc00x"]}'))).toEqual({ '\ufffd': ['\ufffdx'] })
})

test('a value that is too deep is refused without an overflow of the stack', () => {
  const body = Buffer.from(
    `{"type":"result","ok":true,"hasValue":true,"value":${'['.repeat(200_000)}${']'.repeat(200_000)},"outputs":0}`,
  )
  expect(() => parseClaim(body)).toThrow(/nested deeper/)
})

test('texts of an error are cut and made well-formed', () => {
  const error = { type: 'T'.repeat(1000), message: `\ud800${'m'.repeat(50_000)}`, traceback: 't'.repeat(90_000) }
  const claim = parseClaim(Buffer.from(JSON.stringify({ type: 'result', ok: false, error, exitCode: 1, outputs: 0 })))
  if (claim.ok) throw new Error('expected a failure')
  expect(claim.error.type).toHaveLength(200)
  expect(claim.error.message).toHaveLength(20_000)
  expect(claim.error.message.isWellFormed()).toBe(true)
  expect(claim.error.traceback).toHaveLength(40_000)
})
