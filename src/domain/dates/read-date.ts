const ISO_DATE =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(Z|UTC|[+-]\d{2}(?::?\d{2}(?::\d{2})?)?)?)?$/i

const MS_PER_SECOND = 1000
const NANOSECONDS_PER_MS = 1_000_000n

/** A date of a text: the calendar day as it is written there, and the instant that the text means. */
export interface ReadDate {
  year: number
  month: number
  day: number
  /** Nanoseconds since 1970. Without a zone the text counts as UTC. */
  instant: bigint
}

/**
 * Reads an ISO 8601 date or date with time, as libraries write it (`T` or space, with or without fractions and zone).
 * Null where the text is no such date: February has no 30th day, and no hour has a 99th minute.
 */
export function readDate(text: string): ReadDate | null {
  const match = ISO_DATE.exec(text.trim())
  if (match === null) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((digits) => Number(digits ?? 0))
  const zoneSeconds = readZone(match[8] ?? 'Z')
  if (hour > 23 || minute > 59 || second > 59 || zoneSeconds === null) return null
  const midnight = new Date(0)
  // Date.UTC would take the year 24 for 1924.
  midnight.setUTCFullYear(year, month - 1, day)
  // 2023-02-31 would roll over into March.
  if (midnight.getUTCDate() !== day || midnight.getUTCMonth() !== month - 1) return null
  const seconds = hour * 3600 + minute * 60 + second - zoneSeconds
  const ms = BigInt(midnight.getTime() + seconds * MS_PER_SECOND)
  return { year, month, day, instant: ms * NANOSECONDS_PER_MS + BigInt((match[7] ?? '').padEnd(9, '0')) }
}

/** Seconds east of UTC; null where no place has such an offset. */
function readZone(zone: string): number | null {
  const match = /^([+-])(\d{2}):?(\d{2})?:?(\d{2})?$/.exec(zone)
  if (match === null) return 0
  const [hours = 0, minutes = 0, seconds = 0] = match.slice(2).map((digits) => Number(digits ?? 0))
  if (hours > 23 || minutes > 59 || seconds > 59) return null
  return (match[1] === '-' ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds)
}
