import { expect, test } from 'vitest'
import { formatTable } from '../../../src/cli/render/format.ts'
import { safeLine } from '../../../src/cli/terminal.ts'

test('a cell is one line, whatever stands in it', () => {
  const text = formatTable([
    ['NAME', 'SUMMARY'],
    ['a\nb', 'one\r\ntwo\u2028three\tfour'],
  ])
  expect(text).toBe('NAME  SUMMARY\na b   one two three four')
})

test('a line is cut by characters, and says so', () => {
  expect(safeLine('a  b\n\n c ')).toBe('a b c')
  expect(safeLine('😀'.repeat(20), 5)).toBe('😀😀😀😀…')
  expect(safeLine('x'.repeat(5), 5)).toBe('xxxxx')
  expect(safeLine(`${' '.repeat(10_000)}x`, 5)).toBe('…')
  expect(safeLine('\u001b[31mred')).toBe('\\x1b[31mred')
})
