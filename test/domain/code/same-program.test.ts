import { describe, expect, test } from 'vitest'
import { isSameProgram } from '../../../src/domain/code/same-program.ts'

const PYTHON = `def share(part: float, whole: float) -> float:
    """Share of a whole."""
    if whole == 0:
        raise ValueError("whole is 0")
    return part / whole
`

const JAVASCRIPT = `export default function share({ part, whole }) {
  if (whole === 0) throw new RangeError('whole is 0')
  return part / whole
}
`

describe('Python is the same program', () => {
  test.each([
    ['to the letter', PYTHON],
    ['with a comment', PYTHON.replace('    return', '    # The specification says so.\n    return')],
    ['with a comment at the end of a line', PYTHON.replace('whole\n', 'whole  # not a percentage\n')],
    ['with Windows lines', PYTHON.replaceAll('\n', '\r\n')],
    ['with other indentation', PYTHON.replaceAll('    ', '  ')],
    ['with tabs', PYTHON.replaceAll('    ', '\t')],
    ['with blank lines', PYTHON.replaceAll('\n', '\n\n')],
    ['with white space at the ends', PYTHON.replaceAll('\n', '   \n')],
    ['with spaces inside', PYTHON.replace('part / whole', 'part/whole').replace('whole == 0', 'whole==0')],
    ['without a last line end', PYTHON.trimEnd()],
    ['with a line broken in brackets', PYTHON.replace('(part: float, whole', '(\n    part: float,\n        whole')],
  ])('%s', (_, other) => {
    expect(isSameProgram(PYTHON, other, 'python')).toBe(true)
    expect(isSameProgram(other, PYTHON, 'python')).toBe(true)
  })
})

describe('Python is another program', () => {
  test.each([
    ['with another operator', PYTHON.replace('part / whole', 'part // whole')],
    ['with a line that belongs to another block', PYTHON.replace('    return', '        return')],
    ['with another string', PYTHON.replace('"whole is 0"', '"whole  is 0"')],
    ['with a # in a string', PYTHON.replace('"whole is 0"', '"whole # is 0"')],
    ['with another docstring', PYTHON.replace('Share of a whole', 'Part of a whole')],
    ['with words that were one', PYTHON.replace('return part', 'returnpart')],
    ['with another number', PYTHON.replace('== 0', '== 0.5')],
    ['with two statements made one', PYTHON.replace('0")\n    return', '0") ; return')],
  ])('%s', (_, other) => {
    expect(isSameProgram(PYTHON, other, 'python')).toBe(false)
  })
})

test('JavaScript is the same program with comments and line breaks, another one with another word', () => {
  const same = JAVASCRIPT.replace('  return', '  /* as the\n specification says */ // yes\n\n\treturn')
  expect(isSameProgram(JAVASCRIPT, same, 'javascript')).toBe(true)
  expect(isSameProgram(JAVASCRIPT, JAVASCRIPT.replace('===', '!=='), 'javascript')).toBe(false)
  expect(isSameProgram(JAVASCRIPT, JAVASCRIPT.replace("'whole is 0'", "'whole // is 0'"), 'javascript')).toBe(false)
})

test('a text of any length is compared in no time', () => {
  const long = `${'("'.repeat(50_000)}${'#\n'.repeat(50_000)}`
  const startedAt = Date.now()
  expect(isSameProgram(long, `${long} x`, 'python')).toBe(false)
  expect(Date.now() - startedAt).toBeLessThan(2000)
})
