import { describe, expect, test } from 'vitest'
import { readDuration } from '../../../src/domain/dates/read-duration.ts'

describe('a duration of a text', () => {
  test.each([
    ['PT0S', 0n],
    ['PT0.000000001S', 1n],
    ['P1DT2H3M4.5S', 93_784_500_000_000n],
    ['-PT90M', -5_400_000_000_000n],
    ['P2W', 1_209_600_000_000_000n],
    ['P400D', 34_560_000_000_000_000n],
  ])('is its nanoseconds: %s', (text, nanoseconds) => {
    expect(readDuration(text)).toBe(nanoseconds)
  })

  test.each(['P', 'PT', 'P1Y', 'P1M', 'PT1.5H', '1D', 'P1DT', '3600', 'PT1S2M'])('is none: %s', (text) => {
    expect(readDuration(text)).toBeNull()
  })
})
