import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeText, encodeText } from '../../../src/store/postgres/text-codec.ts'

const oddText = fc.string({ unit: fc.constantFrom('\0', '\ufdd0', '0', '1', '\\', '🪓', 'a') })

test('what was encoded is decoded to the same, and has no zero character', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), oddText), (text) => {
      const encoded = encodeText(text)
      expect(encoded).not.toContain('\0')
      expect(decodeText(encoded)).toBe(text)
    }),
    { numRuns: 200 },
  )
})

test('different texts stay different', () => {
  fc.assert(
    fc.property(oddText, oddText, (left, right) => {
      expect(encodeText(left) === encodeText(right)).toBe(left === right)
    }),
  )
})

test('ordinary text is written as it is, backslashes and all', () => {
  expect(encodeText('C:\\x \u0000'.slice(0, -1))).toBe('C:\\x ')
  expect(encodeText('{"a":"\\u0000"}')).toBe('{"a":"\\u0000"}')
})
