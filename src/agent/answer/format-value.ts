import type { JsonValue } from '../../contracts/json.ts'
import { readDate } from '../../domain/dates/read-date.ts'
import { readDuration } from '../../domain/dates/read-duration.ts'
import { readEntries } from '../../domain/json/entries.ts'
import { readNumeral } from '../../domain/numbers/read-number.ts'
import { roundNoise } from '../../domain/numbers/round-noise.ts'

/** A longer value has no place in a sentence: then a model writes the answer. */
const MAX_CHARACTERS = 600
const MAX_DECIMALS = 15

/** What a number without decimals of its own shows at the most. */
const DEFAULT_DECIMALS = 6

/**
 * The value as text in the format `name:argument`, as the language writes numbers and dates (BCP 47; null: English numbers,
 * ISO dates). Null where value and format do not fit.
 */
export function formatValue(value: JsonValue, format: string | null, language: string | null): string | null {
  const text = format === null ? formatPlain(value, language) : applyFormat(value, format, language)
  return text === null || text.length > MAX_CHARACTERS ? null : text
}

function applyFormat(value: JsonValue, format: string, language: string | null): string | null {
  const [name = '', argument, second] = format.split(':').map((part) => part.trim())
  switch (name) {
    case 'date':
      return formatDate(value, argument === 'iso' ? null : language)
    case 'duration':
      return formatDuration(value, language)
    case 'list':
      return Array.isArray(value) ? formatList(value, language) : null
    case 'count':
      return formatCount(value, language)
    case 'money':
      return /^[A-Za-z]{3}$/.test(argument ?? '')
        ? formatNumbers(value, language, { style: 'currency', currency: argument, ...toDigits(second) })
        : null
    case 'fixed':
      // Always with a point: this is the form for machines, and for users who ask for it.
      return formatNumbers(value, 'en', { useGrouping: false, ...toDigits(argument ?? '2') })
    case 'percent':
      return formatNumbers(value, language, { style: 'percent', ...toDigits(argument ?? '2') })
    case 'number':
      return formatNumbers(value, language, toDigits(argument))
    case 'round':
      return formatNumbers(value, language, {
        useGrouping: false,
        ...toDigits(argument ?? '0'),
        minimumFractionDigits: 0,
      })
    default:
      return null
  }
}

type Digits = Pick<Intl.NumberFormatOptions, 'minimumFractionDigits' | 'maximumFractionDigits'>

/** Without a text: whatever is usual. What is no number of decimals gives digits that no formatter takes. */
function toDigits(text: string | undefined): Digits {
  if (text === undefined) return {}
  const decimals = /^\d{1,2}$/.test(text) && Number(text) <= MAX_DECIMALS ? Number(text) : Number.NaN
  return { minimumFractionDigits: decimals, maximumFractionDigits: decimals }
}

/** Numbers without noise, integers and decimals with all digits, lists of plain values with commas. */
function formatPlain(value: JsonValue, language: string | null): string | null {
  if (value === null) return null
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return formatList(value, language)
  // NaN and the infinities are no numerals: they are worth a sentence of their own. So is an object, which no reader
  // wants as JSON.
  const numeral = typeof value === 'number' ? String(roundNoise(value)) : readNumeral(value)
  return numeral === null ? null : withDecimalMark(numeral, language)
}

/** `1234.5` is `1234,5` in German. Nothing is grouped: it may be a year or a code. */
function withDecimalMark(numeral: string, language: string | null): string {
  return /^-?\d+\.\d+$/.test(numeral) ? numeral.replace('.', decimalMark(language)) : numeral
}

function decimalMark(language: string | null): string {
  const parts = new Intl.NumberFormat(language ?? 'en').formatToParts(0.5)
  return parts.find(({ type }) => type === 'decimal')?.value ?? '.'
}

function formatList(list: JsonValue[], language: string | null): string | null {
  return joinParts(
    list.map((part) => (Array.isArray(part) ? null : formatPlain(part, language))),
    language,
  )
}

/** Numbers that have commas themselves are kept apart by semicolons. */
function joinParts(parts: (string | null)[], language: string | null): string | null {
  if (parts.length === 0 || parts.includes(null)) return null
  const hasCommas = decimalMark(language) === ',' && parts.some((part) => part !== null && /\d,\d/.test(part))
  return parts.join(hasCommas ? '; ' : ', ')
}

function formatNumbers(value: JsonValue, language: string | null, options: Intl.NumberFormatOptions): string | null {
  if (Array.isArray(value)) {
    return joinParts(
      value.map((part) => formatNumbers(part, language, options)),
      language,
    )
  }
  const numeral = readNumeral(value)
  if (numeral === null) return null
  const decimals = /\.(\d+)$/.exec(numeral)?.[1]?.length ?? 0
  // A decimal that keeps its digits shows them all, another number a few.
  const usual =
    typeof value === 'number'
      ? { maximumFractionDigits: DEFAULT_DECIMALS }
      : { minimumFractionDigits: Math.min(decimals, MAX_DECIMALS), maximumFractionDigits: MAX_DECIMALS }
  const digits = options.style === undefined ? usual : {}
  // Integers of any size and decimals are formatted from their digits, not from the nearest double.
  return format(numeral, language, { signDisplay: 'negative', ...digits, ...options })
}

function format(numeral: string, language: string | null, options: Intl.NumberFormatOptions): string | null {
  try {
    return new Intl.NumberFormat(language ?? 'en-US', options).format(numeral as Intl.StringNumericLiteral)
  } catch (error) {
    // Decimals that are none.
    if (error instanceof RangeError) return null
    throw error
  }
}

function formatDate(value: JsonValue, language: string | null): string | null {
  if (typeof value !== 'string') return null
  const date = readDate(value)
  if (date === null) return null
  // The calendar day as it is written: in UTC it may be another one.
  if (language === null) return value.trim().slice(0, 10)
  const day = new Date(0)
  day.setUTCFullYear(date.year, date.month - 1, date.day)
  const options = { dateStyle: 'medium', timeZone: 'UTC', calendar: 'gregory' } as const
  return new Intl.DateTimeFormat(language, options).format(day)
}

const NANOSECONDS = { day: 86_400_000_000_000n, hour: 3_600_000_000_000n, minute: 60_000_000_000n } as const
const NANOSECONDS_PER_SECOND = 1_000_000_000n

/** In days, hours, minutes and seconds: `1 day, 2 hours`. */
function formatDuration(value: JsonValue, language: string | null): string | null {
  const duration = typeof value === 'string' ? readDuration(value) : null
  if (duration === null) return null
  let rest = duration < 0n ? -duration : duration
  const parts = Object.entries(NANOSECONDS).flatMap(([unit, size]) => {
    const count = rest / size
    rest %= size
    return count === 0n ? [] : [formatUnit(String(count), unit, language)]
  })
  const fraction = String(rest % NANOSECONDS_PER_SECOND).padStart(9, '0')
  if (rest > 0n || parts.length === 0) {
    parts.push(formatUnit(`${rest / NANOSECONDS_PER_SECOND}.${fraction}`, 'second', language))
  }
  const text = new Intl.ListFormat(language ?? 'en', { type: 'unit' }).format(parts)
  return duration < 0n ? `-${text}` : text
}

function formatUnit(numeral: string, unit: string, language: string | null): string {
  const options = { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: 9 } as const
  return new Intl.NumberFormat(language ?? 'en', options).format(numeral as Intl.StringNumericLiteral)
}

function formatCount(value: JsonValue, language: string | null): string | null {
  const count = Array.isArray(value) ? value.length : readEntries(value)?.length
  return count === undefined ? null : format(String(count), language, {})
}
