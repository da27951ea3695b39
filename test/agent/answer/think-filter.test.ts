import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ThinkFilter } from '../../../src/agent/answer/think-filter.ts'

function filter(pieces: string[]): string {
  const filter = new ThinkFilter()
  return pieces.map((piece) => filter.push(piece)).join('') + filter.end()
}

test('thinking is taken out of a streamed text, wherever the pieces are cut', () => {
  const text = '<think>hm <b> </think>The answer: 1 < 2 <thinking>so</thinking>and <em>more</em>'
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 12 }), (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), text.length]
      const pieces = at.slice(1).map((end, index) => text.slice(at[index], end))
      expect(filter(pieces)).toBe('The answer: 1 < 2 and <em>more</em>')
    }),
  )
})

test('text that cannot be a tag is shown at once', () => {
  const stream = new ThinkFilter()
  expect(stream.push('a < b')).toBe('a < b')
  expect(stream.push(' and <')).toBe(' and ')
  expect(stream.push('1')).toBe('<1')
})
