/**
 * How long a provider asks to wait, in milliseconds from `nowMs`, by the header `retry-after-ms` or `retry-after`
 * (seconds or an HTTP date, RFC 9110 section 10.2.3). Null where neither says anything that can be read.
 */
export function parseRetryAfter(headers: Record<string, string>, nowMs: number): number | null {
  const milliseconds = parseNumber(headers['retry-after-ms'])
  if (milliseconds !== null) return milliseconds
  const text = headers['retry-after']?.trim()
  if (text === undefined || text === '') return null
  const seconds = parseNumber(text)
  if (seconds !== null) return Math.ceil(seconds * 1000)
  // A date has a letter; `Date.parse` would also take "-5" or "1-2" for one.
  const date = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs)
}

function parseNumber(text: string | undefined): number | null {
  return text !== undefined && /^\s*\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : null
}
