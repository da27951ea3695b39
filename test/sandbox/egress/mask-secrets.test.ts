import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMaskFilter, maskText, secretNeedles } from '../../../src/sandbox/egress/mask-secrets.ts'

const secrets = [{ host: 'api.example.com', header: 'Authorization', value: 'Bearer abcabcabd-secret' }]
const needles = secretNeedles(secrets)

test('the whole value and what stands behind its scheme become asterisks of the same length', () => {
  expect(maskText('got Bearer abcabcabd-secret!', needles)).toBe(`got ${'*'.repeat(23)}!`)
  expect(maskText('key=abcabcabd-secret&x=abcabcabd-secret', needles)).toBe(`key=${'*'.repeat(16)}&x=${'*'.repeat(16)}`)
  expect(maskText('Bearer of news', needles)).toBe('Bearer of news')
})

test('a short part of a value is left alone, a short value is not', () => {
  expect(secretNeedles([{ host: 'a.example', header: 'X', value: 'Basic abc' }]).map(String)).toEqual(['Basic abc'])
  expect(secretNeedles([{ host: 'a.example', header: 'X', value: 'abc' }]).map(String)).toEqual(['abc'])
})

test('text that cannot become the secret passes at once', () => {
  const filter = createMaskFilter(needles)
  expect(filter.push(Buffer.from('data: 1\n\n')).toString()).toBe('data: 1\n\n')
  expect(filter.push(Buffer.from('Bear')).toString()).toBe('')
  expect(filter.push(Buffer.from('s eat')).toString()).toBe('Bears eat')
  expect(filter.push(Buffer.from('abcab')).toString()).toBe('')
  expect(filter.flush().toString()).toBe('abcab')
})

test('however a stream is cut, it comes out as if it were whole, and without the secret', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'Bearer abcabcabd-secret',
      'abcabcabd-secret',
      'abcabcabc',
      'Bearer ',
      'Bearer abcabcabcabcabd-secret',
    ),
    fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', '-', 'B', 'e', 'r', ' '), maxLength: 12 }),
  )
  const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), cuts, (pieces, sizes) => {
      const bytes = Buffer.from(pieces.join(''))
      const filter = createMaskFilter(needles)
      const out: Buffer[] = []
      for (let offset = 0, index = 0; offset < bytes.length; index++) {
        const size = sizes[index % sizes.length] ?? 1
        out.push(filter.push(bytes.subarray(offset, offset + size)))
        offset += size
      }
      out.push(filter.flush())
      const text = Buffer.concat(out).toString()
      expect(text).not.toContain('abcabcabd-secret')
      expect(text).toHaveLength(bytes.length)
      expect(text).toBe(maskText(bytes.toString(), needles))
    }),
    { numRuns: 20_000 },
  )
})
