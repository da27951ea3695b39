/** Digits that processors and libraries agree on after a few thousand operations. */
const LEAST_DIGITS = 12
/** More digits than these do not survive a double. */
const MOST_DIGITS = 15
const DECIMALS = 6

/**
 * A number without the noise of floating point in its last digits: 0.30000000000000004 is 0.3. Integers stay as they are,
 * and large numbers keep their decimals: 12 digits would cut the cents of a hundred billion.
 */
export function roundNoise(number: number): number {
  if (Number.isInteger(number) || !Number.isFinite(number)) return number
  const before = Math.max(1, Math.floor(Math.log10(Math.abs(number))) + 1)
  return Number(number.toPrecision(Math.min(MOST_DIGITS, Math.max(LEAST_DIGITS, before + DECIMALS))))
}
