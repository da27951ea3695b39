import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ThinkFilter } from '../../../src/agent/parse-reply/think-filter.ts'

function filter(pieces: string[]): string {
  const filter = new ThinkFilter()
  return pieces.map((piece) => filter.push(piece)).join('') + filter.end()
}

test.each([
  ['<think>hm <b> </think>The answer: 1 < 2 and <em>more</em>', 'The answer: 1 < 2 and <em>more</em>'],
  ['\n<think>a "</think>" b <think>c</think> d</thinking>\n<think>e</think> It is <think>.', 'It is <think>.'],
  ['<think>of <think> tags\n</think>\n\nThe end is `</think>`.', 'The end is `</think>`.'],
  ['<thin ice', '<thin ice'],
  ['<think>no end', ''],
])('thinking at the beginning is taken out of a streamed text, wherever the pieces are cut: %j', (text, shown) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 12 }), (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), text.length]
      const pieces = at.slice(1).map((end, index) => text.slice(at[index], end))
      expect(filter(pieces)).toBe(shown)
    }),
  )
})

test('text that cannot be the beginning of thinking is shown at once', () => {
  const stream = new ThinkFilter()
  expect(stream.push(' <th')).toBe('')
  expect(stream.push('e> a < b')).toBe('<the> a < b')
  expect(stream.push(' and <think>')).toBe(' and <think>')
})

test('a long thinking that comes in small pieces takes linear time', () => {
  const startedAt = performance.now()
  const stream = new ThinkFilter()
  stream.push('<think>')
  for (let piece = 0; piece < 200_000; piece += 1) stream.push(piece % 2 === 0 ? '<think>' : ' "<th')
  stream.end()
  expect(performance.now() - startedAt).toBeLessThan(5000)
})
