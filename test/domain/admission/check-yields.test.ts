import { expect, test } from 'vitest'
import { addYields, createYield } from '../../../src/domain/admission/check-yields.ts'

test('several rounds are summed by check, in the order of the checks, reasons for skipping included', () => {
  const first = [
    { ...createYield('tests'), ran: 1, refused: 1, executions: 5, wallMs: 20 },
    { ...createYield('review'), skipped: { 'refused-before': 1 } },
  ]
  const second = [
    { ...createYield('review'), ran: 1, noted: 1, wallMs: 5 },
    { ...createYield('static'), ran: 1, wallMs: 1 },
    { ...createYield('tests'), ran: 1, cutShort: 1, executions: 4, wallMs: 10, skipped: {} },
  ]
  const third = [{ ...createYield('review'), skipped: { 'refused-before': 1, spent: 2 } }]
  expect(addYields([first, second, third])).toEqual([
    { ...createYield('static'), ran: 1, wallMs: 1 },
    { ...createYield('tests'), ran: 2, refused: 1, cutShort: 1, executions: 9, wallMs: 30 },
    { ...createYield('review'), ran: 1, noted: 1, wallMs: 5, skipped: { 'refused-before': 2, spent: 2 } },
  ])
  // What it is given stays as it was.
  expect(first[1]?.skipped).toEqual({ 'refused-before': 1 })
})
