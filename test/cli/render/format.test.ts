import { expect, test } from 'vitest'
import { clipLines, formatBytes, formatDuration, formatTable, formatUsd } from '../../../src/cli/render/format.ts'

test('small sums keep their digits, and an unknown price is said', () => {
  expect([0, 0.000123, 0.0456, 0.5, 12].map((usd) => formatUsd(usd))).toEqual([
    '$0',
    '$0.00012',
    '$0.046',
    '$0.50',
    '$12.00',
  ])
  expect(formatUsd(0.5, false)).toContain('not known')
})

test('durations and sizes get the unit that reads best', () => {
  expect([1.234, 45.6, 1234, 61_000].map(formatDuration)).toEqual(['1.2 ms', '46 ms', '1.2 s', '1 min 1 s'])
  expect([0, 1023, 1024, 5 * 1024 * 1024].map(formatBytes)).toEqual(['0 B', '1023 B', '1.0 KiB', '5.0 MiB'])
})

test('columns line up and the last one is ragged', () => {
  expect(
    formatTable([
      ['A', 'B'],
      ['long', 'x'],
    ]),
  ).toBe('A     B\nlong  x')
})

test('a long text keeps its head and tail', () => {
  const text = Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n')
  const clipped = clipLines(text, 10).split('\n')
  expect(clipped).toHaveLength(11)
  expect(clipped[0]).toBe('line 0')
  expect(clipped[5]).toContain('90 lines more')
  expect(clipped.at(-1)).toBe('line 99')
  expect(clipLines('a\nb', 10)).toBe('a\nb')
})
