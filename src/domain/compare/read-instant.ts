const ISO_DATE =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2}(?::\d{2})?)?$/i

/**
 * Nanoseconds since 1970 of an ISO 8601 date or date with time, as libraries write it (`T` or space, with or without
 * fractions and zone); without a zone it counts as UTC. Null where the text is no such date.
 */
export function readInstant(text: string): bigint | null {
  const match = ISO_DATE.exec(text.trim())
  if (match === null) return null
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
  const date = new Date(ms)
  // 2023-02-31 would roll over into March.
  if (date.getUTCDate() !== Number(day) || date.getUTCMonth() !== Number(month) - 1) return null
  const nanoseconds = BigInt(fraction.padEnd(9, '0'))
  return BigInt(ms - zoneOffsetMs(zone)) * 1_000_000n + nanoseconds
}

function zoneOffsetMs(zone: string): number {
  const match = /^([+-])(\d{2}):?(\d{2})/.exec(zone)
  if (match === null) return 0
  const minutes = Number(match[2]) * 60 + Number(match[3])
  return (match[1] === '-' ? -minutes : minutes) * 60_000
}
