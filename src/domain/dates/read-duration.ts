const ISO_DURATION =
  /^([+-])?P(?=[\dT])(?:(\d{1,12})W)?(?:(\d{1,12})D)?(?:T(?=\d)(?:(\d{1,12})H)?(?:(\d{1,12})M)?(?:(\d{1,15})(?:\.(\d{1,9}))?S)?)?$/

const NANOSECONDS_PER_SECOND = 1_000_000_000n

/**
 * Nanoseconds of an ISO 8601 duration such as `PT2H` or `-P1DT0.5S`, as durations leave the sandbox. Null where the text is
 * none, also for years and months: their length depends on where they begin.
 */
export function readDuration(text: string): bigint | null {
  const match = ISO_DURATION.exec(text.trim())
  if (match === null) return null
  const [weeks = 0n, days = 0n, hours = 0n, minutes = 0n, seconds = 0n] = match
    .slice(2, 7)
    .map((digits) => BigInt(digits ?? 0))
  const whole = (((weeks * 7n + days) * 24n + hours) * 60n + minutes) * 60n + seconds
  const nanoseconds = whole * NANOSECONDS_PER_SECOND + BigInt((match[7] ?? '').padEnd(9, '0'))
  return match[1] === '-' ? -nanoseconds : nanoseconds
}
