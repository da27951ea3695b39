import type { JsonValue } from '../../contracts/json.ts'
import { readDate } from '../../domain/dates/read-date.ts'
import { readEntries } from '../../domain/json/entries.ts'
import { readNumeral } from '../../domain/numbers/read-number.ts'
import { roundNoise } from '../../domain/numbers/round-noise.ts'

/** A longer value has no place in a sentence: then a model writes the answer. */
const MAX_CHARACTERS = 600
const MAX_DECIMALS = 15

/** The value as text in the format `name:decimals`, or null where they do not fit. */
export function formatValue(value: JsonValue, format: string | null): string | null {
  const text = format === null ? formatPlain(value) : applyFormat(value, format)
  return text === null || text.length > MAX_CHARACTERS ? null : text
}

function applyFormat(value: JsonValue, format: string): string | null {
  const [name = '', argument] = format.split(':').map((part) => part.trim())
  const decimals = argument === undefined ? null : Number(argument)
  if (decimals !== null && !(Number.isInteger(decimals) && decimals >= 0 && decimals <= MAX_DECIMALS)) return null
  switch (name) {
    case 'percent':
      return mapNumber(value, (number) => `${(number * 100).toFixed(decimals ?? 2)}%`)
    case 'number':
      return mapNumber(value, (number) => group(number, decimals))
    case 'round':
      return mapNumber(value, (number) => String(Number(number.toFixed(decimals ?? 0))))
    case 'date':
      return formatDate(value)
    case 'list':
      return Array.isArray(value) ? formatList(value) : null
    case 'count':
      return formatCount(value)
    default:
      return null
  }
}

/** Numbers without noise, integers and decimals with all digits, lists of plain values with commas. */
function formatPlain(value: JsonValue): string | null {
  if (value === null) return null
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(roundNoise(value))
  if (typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return formatList(value)
  // NaN and the infinities are no numerals: they are worth a sentence of their own.
  const numeral = readNumeral(value)
  if (numeral !== null) return numeral
  // An object is no sentence: a model says in words what is in it.
  return null
}

function formatList(list: JsonValue[]): string | null {
  if (list.length === 0) return null
  const parts = list.map((part) => (Array.isArray(part) ? null : formatPlain(part)))
  return parts.includes(null) ? null : parts.join(', ')
}

function mapNumber(value: JsonValue, toText: (number: number) => string): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? toText(value) : null
  if (!Array.isArray(value) || value.length === 0) return null
  const parts = value.map((part) => mapNumber(part, toText))
  return parts.includes(null) ? null : parts.join(', ')
}

function group(number: number, decimals: number | null): string {
  const digits =
    decimals === null
      ? { maximumFractionDigits: 6 }
      : { minimumFractionDigits: decimals, maximumFractionDigits: decimals }
  return new Intl.NumberFormat('en-US', digits).format(number)
}

function formatDate(value: JsonValue): string | null {
  if (typeof value !== 'string') return null
  const date = readDate(value)
  if (date === null) return null
  // The calendar day as it is written: in UTC it may be another one.
  return value.trim().slice(0, 10)
}

function formatCount(value: JsonValue): string | null {
  const count = Array.isArray(value) ? value.length : readEntries(value)?.length
  return count === undefined ? null : group(count, 0)
}
