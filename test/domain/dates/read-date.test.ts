import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readDate } from '../../../src/domain/dates/read-date.ts'

const dayOf = (text: string): string | null => {
  const date = readDate(text)
  return date === null ? null : [date.year, date.month, date.day].join('-')
}

describe('a date of a text', () => {
  test.each([
    ['2024-01-01T00:00:00+02:00', '2024-1-1'],
    ['2024-01-01T23:30:00-05:00', '2024-1-1'],
    ['1999-12-31 23:59:59.999999999+1400', '1999-12-31'],
    ['2024-02-29', '2024-2-29'],
    ['2024-06-01T00:30+05:30', '2024-6-1'],
    ['2024-06-01 00:30:00+02', '2024-6-1'],
    ['0024-03-05', '24-3-5'],
  ])('keeps its calendar day as it is written: %s', (text, day) => {
    expect(dayOf(text)).toBe(day)
  })

  test.each([
    '2024-01-01T00:99',
    '2024-01-01T24:61',
    '2024-01-01T24:00:00',
    '2024-01-01T12:00:60',
    '2024-02-30',
    '2023-02-29T10:00',
    '2024-00-10',
    '2024-13-01',
    '2024-04-31T00:00Z',
    '2024-01-01T00:00+24:00',
    '2024-01-01T00:00+01:60',
    '2024-01-01-02',
    '2024-1-1',
    '20240101',
    '2024-01-01T',
  ])('is none where there is no such day or time: %s', (text) => {
    expect(readDate(text)).toBeNull()
  })

  test('means the instant that Date finds, to the nanosecond', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), noInvalidDate: true, max: new Date('2200-01-01') }), (date) => {
        expect(readDate(date.toISOString())?.instant).toBe(BigInt(date.getTime()) * 1_000_000n)
      }),
    )
    expect(readDate('1970-01-01T00:00:00.000000001')?.instant).toBe(1n)
    expect(readDate('1970-01-01T01:00:00+01:00')?.instant).toBe(0n)
    expect(readDate('0024-01-02')?.instant).not.toBe(readDate('1924-01-02')?.instant)
  })
})
