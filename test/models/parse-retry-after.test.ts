import { describe, expect, test } from 'vitest'
import { parseRetryAfter } from '../../src/models/parse-retry-after.ts'

const NOW = Date.parse('2026-11-22T08:00:00Z')

describe('how long a provider asks to wait', () => {
  test.each([
    [{ 'retry-after': '1' }, 1_000],
    [{ 'retry-after': '90' }, 90_000],
    [{ 'retry-after': ' 0.5 ' }, 500],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '86400' }, 86_400_000],
    [{ 'retry-after': 'Sun, 22 Nov 2026 08:01:30 GMT' }, 90_000],
    [{ 'retry-after': 'Sun, 22 Nov 2026 07:00:00 GMT' }, 0],
    [{ 'retry-after-ms': '1250' }, 1_250],
    [{ 'retry-after-ms': '1250', 'retry-after': '90' }, 1_250],
    [{ 'retry-after-ms': 'soon', 'retry-after': '2' }, 2_000],
  ])('%j is understood', (headers, milliseconds) => {
    expect(parseRetryAfter(headers, NOW)).toBe(milliseconds)
  })

  test.each([
    {},
    { 'retry-after': '' },
    { 'retry-after': 'soon' },
    { 'retry-after': '-5' },
    { 'retry-after': '1e9' },
    { 'retry-after': '٣' },
  ])('%j says nothing', (headers) => {
    expect(parseRetryAfter(headers, NOW)).toBeNull()
  })
})
