import { describe, expect, test } from 'vitest'
import { verdictOf } from '../../../src/domain/admission/mutation-verdict.ts'

describe('the verdict on planted mistakes', () => {
  test.each([
    // 8 of 12 is strong where 3 of the unseen ones do the same as the tool, and weak where none does.
    [{ tried: 12, survived: 4, alike: 3 }, 'strong'],
    [{ tried: 12, survived: 4, alike: 0 }, 'weak'],
    // No more than a quarter is excused, however many no input tells apart.
    [{ tried: 12, survived: 8, alike: 8 }, 'weak'],
    [{ tried: 20, survived: 9, alike: 6 }, 'weak'],
    [{ tried: 20, survived: 8, alike: 6 }, 'strong'],
    [{ tried: 4, survived: 0, alike: 0 }, 'unknown'],
    [{ tried: 0, survived: 0, alike: 0 }, 'unknown'],
    // Written before it was known how many do the same: the tool was admitted by then.
    [{ tried: 12, survived: 4 }, 'strong'],
    [{ tried: 12, survived: 7 }, 'weak'],
  ])('%j is %s', (record, verdict) => {
    expect(verdictOf(record).verdict).toBe(verdict)
  })

  test('counts whole mistakes in its reason', () => {
    expect(verdictOf({ tried: 10, survived: 6, alike: 3 }).reason).toMatch(/50 % of 8 small mistakes/)
  })
})
