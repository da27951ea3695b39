import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameReader, FrameTooLarge } from '../../src/sandbox/frames.ts'
import { parseClaim } from '../../src/sandbox/parse-claim.ts'
import { FUZZ_MS, runsOf, SEEDS } from './support/fuzz-runs.ts'

const FRAME_LIMIT = 4_096

/** A frame as a hostile process might send it: sound, with a false length, of rubbish, cut off. */
const body = fc.oneof(
  fc.json().map((text) => Buffer.from(text)),
  fc.json().map((value) => Buffer.from(`{"type":"result","ok":true,"hasValue":true,"value":${value},"outputs":0}`)),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.nat(3_000).map((depth) => Buffer.from('['.repeat(depth) + ']'.repeat(depth))),
  fc.string({ unit: 'binary', maxLength: 100 }).map((text) => {
    const error = { type: text, message: text, traceback: text }
    return Buffer.from(JSON.stringify({ type: 'result', ok: false, error, exitCode: 1, outputs: 1 }))
  }),
)
const frame = fc
  .tuple(body, fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(0xffff_ffff) }))
  .map(([bytes, length]) => {
    const head = Buffer.alloc(4)
    head.writeUInt32BE(length ?? bytes.length)
    return Buffer.concat([head, bytes])
  })

test.each(SEEDS)(
  `whatever comes on the control connection is a claim or refused (seed %s)`,
  (seed) => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 4 }), fc.array(fc.nat(400), { maxLength: 20 }), (frames, cuts) => {
        const stream = Buffer.concat(frames)
        const reader = new FrameReader(FRAME_LIMIT)
        let start = 0
        let taken = 0
        try {
          for (const size of [...cuts, stream.length]) {
            for (const bytes of reader.add(stream.subarray(start, start + size))) {
              taken += 4 + bytes.length
              expect(bytes.length).toBeLessThanOrEqual(FRAME_LIMIT)
              expectClaimOrError(bytes)
            }
            start += size
          }
          expect(taken).toBeLessThanOrEqual(stream.length)
        } catch (error) {
          expect(error).toBeInstanceOf(FrameTooLarge)
        }
      }),
      runsOf(seed),
    )
  },
  FUZZ_MS,
)

function expectClaimOrError(bytes: Buffer): void {
  let claim
  try {
    claim = parseClaim(bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(Error)
    expect((error as Error).message).not.toMatch(/call stack/)
    return
  }
  expect(Number.isInteger(claim.outputs)).toBe(true)
  if (!claim.ok) for (const text of Object.values(claim.error)) expect(String(text).isWellFormed()).toBe(true)
  expect(Object.getPrototypeOf({})).toBe(Object.prototype)
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
}
