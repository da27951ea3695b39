import { expect, test } from 'vitest'
import { DEFAULT_THRESHOLD, mutationVerdict } from '../../../src/domain/admission/mutation-verdict.ts'

test('tests are strong from the threshold on, and weak below it', () => {
  expect(mutationVerdict({ share: 0.8, total: 30 }, 0.8).verdict).toBe('strong')
  expect(mutationVerdict({ share: 0.79, total: 30 }, 0.8)).toEqual({
    verdict: 'weak',
    reason: 'the tests see 79 % of 30 small mistakes; 80 % are asked for',
  })
  expect(mutationVerdict({ share: DEFAULT_THRESHOLD, total: 30 }).verdict).toBe('strong')
})

test('too few mutants say nothing', () => {
  expect(mutationVerdict({ share: 0, total: 4 }).verdict).toBe('unknown')
  expect(mutationVerdict({ share: null, total: 0 }).verdict).toBe('unknown')
})
