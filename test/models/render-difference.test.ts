import { describe, expect, test } from 'vitest'
import { renderDifference, similarity } from '../../src/models/render-difference.ts'

const numbered = (count: number, change: (line: number) => string = (line) => `line ${line}`) =>
  Array.from({ length: count }, (_none, line) => change(line)).join('\n')

describe('the difference of two texts', () => {
  test('is empty for the same text', () => {
    expect(renderDifference('a\nb', 'a\nb')).toBe('')
    expect(renderDifference('', '')).toBe('')
  })

  test('shows changed, added and removed lines with two lines around them', () => {
    const before = numbered(10)
    const after = numbered(10, (line) => (line === 5 ? 'line five' : `line ${line}`))
    expect(renderDifference(before, after).split('\n')).toEqual([
      '  …',
      '  line 3',
      '  line 4',
      '- line 5',
      '+ line five',
      '  line 6',
      '  line 7',
      '  …',
    ])
  })

  test('finds lines that moved in between', () => {
    expect(renderDifference('a\nb\nc', 'a\nx\nb\nc\ny')).toBe('  a\n+ x\n  b\n  c\n+ y')
    expect(renderDifference('a\nb\nc', 'c')).toBe('- a\n- b\n  c')
  })

  test('stays short for long texts and long lines', () => {
    const difference = renderDifference(
      numbered(5_000),
      numbered(5_000, (line) => `other ${line} ${'é'.repeat(1_000)}`),
    )
    expect(difference.split('\n').length).toBeLessThanOrEqual(61)
    expect(difference.length).toBeLessThan(15_000)
    expect(difference).toContain('more lines')
  })

  test('is found quickly in texts that have much in common', () => {
    const startedAt = Date.now()
    renderDifference(
      numbered(1_800),
      numbered(1_800, (line) => (line % 3 === 0 ? `new ${line}` : `line ${line}`)),
    )
    expect(Date.now() - startedAt).toBeLessThan(5_000)
  })
})

describe('the similarity of two texts', () => {
  test('is one for the same text, nought for texts without a common line, and in between for the rest', () => {
    expect(similarity('a\nb', 'a\nb')).toBeCloseTo(1)
    expect(similarity('a\nb', 'c\nd')).toBe(0)
    const near = similarity(
      numbered(100),
      numbered(100, (line) => (line === 0 ? 'x' : `line ${line}`)),
    )
    expect(near).toBeGreaterThan(0.9)
    expect(near).toBeLessThan(1)
  })

  test('does not count a repeated line more often than it is there', () => {
    expect(similarity('a\nb\nc\nd', 'a\na\na\na')).toBeLessThan(0.3)
  })
})
