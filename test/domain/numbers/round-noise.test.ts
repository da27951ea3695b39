import { expect, test } from 'vitest'
import { roundNoise } from '../../../src/domain/numbers/round-noise.ts'

test.each([
  [0.1 + 0.2, 0.3],
  [4_006_381_333_931, 4_006_381_333_931],
  [12_345_678_901.23, 12_345_678_901.23],
  [1_234_567_890_123.45, 1_234_567_890_123.45],
  [1.0000000000001, 1],
  [1e-20 / 3, 3.33333333333e-21],
  [1e300, 1e300],
])('%d is %d without the noise of floating point', (number, rounded) => {
  expect(roundNoise(number)).toBe(rounded)
  expect(roundNoise(-number)).toBe(-rounded)
})
