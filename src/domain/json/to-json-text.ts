import { NUMERAL, readInteger } from '../numbers/read-number.ts'

export interface JsonTextOptions {
  /**
   * Writes all digits of the integers and decimals that a double cannot hold, as JSON allows. Without it they stay tagged,
   * because most readers of JSON would round them.
   */
  digits?: boolean
  /** Writes NaN and the infinities by their names, as Python reads them. */
  names?: boolean
}

/**
 * Plain data as JSON text on one line, for people and for other programs: objects that travel as `$entries` are objects
 * again, in the program's order, which JSON text can hold. Numbers that a double holds are plain ones; NaN and the
 * infinities stay tagged unless their names are asked for.
 */
export function toJsonText(value: unknown, options: JsonTextOptions = {}): string {
  return write(value, options) ?? 'null'
}

/** Undefined for what JSON leaves out. */
function write(value: unknown, options: JsonTextOptions): string | undefined {
  if (value === null || typeof value !== 'object' || 'toJSON' in value) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item) => write(item, options) ?? 'null').join(',')}]`
  const { $number, $entries } = value as Record<string, unknown>
  const isAlone = Object.keys(value).length === 1
  const number = isAlone && typeof $number === 'string' ? writeNumber($number, options) : null
  if (number !== null) return number
  const isOrdered = isAlone && Array.isArray($entries) && $entries.every(isPair)
  return `{${writeParts(isOrdered ? $entries : Object.entries(value), options)}}`
}

function writeParts(entries: readonly (readonly [string, unknown])[], options: JsonTextOptions): string {
  const parts = entries.flatMap(([label, item]) => {
    const text = write(item, options)
    return text === undefined ? [] : [`${JSON.stringify(label)}:${text}`]
  })
  return parts.join(',')
}

function writeNumber(text: string, { digits = false, names = false }: JsonTextOptions): string | null {
  if (names && /^(?:NaN|-?Infinity)$/.test(text)) return text
  if (!NUMERAL.test(text)) return null
  return digits || isHeldByDouble(text) ? text : null
}

/** Fifteen significant digits survive a double and back. */
function isHeldByDouble(text: string): boolean {
  if (readInteger({ $number: text }) !== null) return Number.isSafeInteger(Number(text))
  const significant = text.replace(/e.*$/i, '').replaceAll(/[-.]/g, '').replace(/^0+/, '')
  return significant.length <= 15 && Number.isFinite(Number(text))
}

function isPair(pair: unknown): pair is [string, unknown] {
  return Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string'
}
