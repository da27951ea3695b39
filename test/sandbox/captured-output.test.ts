import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { CapturedOutput } from '../../src/sandbox/captured-output.ts'

function capture(limit: number, ...chunks: (string | Uint8Array)[]) {
  const output = new CapturedOutput(limit)
  for (const chunk of chunks) output.add(Buffer.from(chunk as string))
  return output.toText()
}

test('what fits is kept whole in `head`', () => {
  expect(capture(10, 'hello', 'world')).toEqual({ head: 'helloworld', tail: '', totalBytes: 10, truncated: false })
  expect(capture(10)).toEqual({ head: '', tail: '', totalBytes: 0, truncated: false })
  expect(capture(0, 'x')).toEqual({ head: '', tail: '', totalBytes: 1, truncated: true })
})

test('of what does not fit both ends are kept', () => {
  expect(capture(4, 'abcdefgh')).toEqual({ head: 'ab', tail: 'gh', totalBytes: 8, truncated: true })
})

test('a character that was cut at an end is left out, invalid bytes are replaced', () => {
  expect(capture(6, 'aäbbbbbbbbbbäz')).toEqual({ head: 'aä', tail: 'äz', totalBytes: 16, truncated: true })
  expect(capture(4, 'a€bbbbbbbb€z')).toEqual({ head: 'a', tail: 'z', totalBytes: 16, truncated: true })
  expect(capture(10, new Uint8Array([0xff, 0x41]))).toMatchObject({ head: '\ufffdA' })
})

test('a character that two chunks share is one character', () => {
  const bytes = Buffer.from('€')
  expect(capture(10, bytes.subarray(0, 1), bytes.subarray(1))).toMatchObject({ head: '€', truncated: false })
})

test('whatever comes, in whatever pieces: the count is right, the memory bounded, the ends are the ends', () => {
  fc.assert(
    fc.property(
      fc.nat(64),
      fc.array(fc.string({ unit: 'grapheme-ascii', maxLength: 50 }), { maxLength: 30 }),
      (limit, chunks) => {
        const text = chunks.join('')
        const kept = capture(limit, ...chunks)
        const half = Math.ceil(limit / 2)
        expect(kept.totalBytes).toBe(text.length)
        expect(kept.truncated).toBe(text.length > 2 * half)
        if (!kept.truncated) expect(kept).toMatchObject({ head: text, tail: '' })
        else expect(kept).toMatchObject({ head: text.slice(0, half), tail: half === 0 ? '' : text.slice(-half) })
      },
    ),
  )
})
