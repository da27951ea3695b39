import type { JsonObject, JsonValue } from '../../contracts/json.ts'
import { readEntries, toObject } from '../../domain/json/entries.ts'
import { readInteger } from '../../domain/numbers/read-number.ts'
import { pickInteger, pickOne, shuffle, type Random } from '../random.ts'

/** Longer ones take their time. */
const LONGEST_INTEGER = 1000

const ISO_DATE = /^\d{4}-\d{2}-\d{2}$/

/** A value like the one given, a little different: real arguments are where a tool gives results and not errors. */
export function varyValue(value: JsonValue, random: Random): JsonValue {
  if (typeof value === 'number') return varyNumber(value, random)
  if (typeof value === 'string') return varyText(value, random)
  if (typeof value === 'boolean') return !value
  if (value === null) return null
  if (Array.isArray(value)) return varyList(value, random)
  const entries = readEntries(value)
  if (entries === null) return varyTagged(value, random)
  if (entries.length === 0) return value
  const place = pickInteger(random, 0, entries.length - 1)
  return toObject(entries.map(([key, part], index) => [key, index === place ? varyValue(part, random) : part]))
}

/** A large id has neighbours. A missing number stays one, and so do bytes. */
function varyTagged(value: JsonObject, random: Random): JsonValue {
  const digits = readInteger(value)
  if (digits === null || digits.length > LONGEST_INTEGER) return value
  const integer = BigInt(digits)
  return { $number: String(pickOne(random, [integer + 1n, integer - 1n, -integer])) }
}

function varyNumber(number: number, random: Random): number {
  const whole = [number + 1, number - 1, -number, 2 * number, 0, pickInteger(random, -5, 5)]
  if (Number.isInteger(number)) return pickOne(random, whole)
  return pickOne(random, [...whole, number / 2, Math.round(number), number + 0.25])
}

function varyText(text: string, random: Random): string {
  if (ISO_DATE.test(text)) {
    const days = pickOne(random, [-366, -31, -7, -1, 1, 7, 28, 365])
    const moved = new Date(Date.parse(text) + days * 86_400_000)
    return Number.isNaN(moved.getTime()) ? text : moved.toISOString().slice(0, 10)
  }
  const characters = [...text]
  const cut = pickInteger(random, 0, Math.max(0, characters.length - 1))
  return pickOne(random, [
    '',
    text + text,
    ` ${text} `,
    text.toUpperCase(),
    text.toLowerCase(),
    characters.toReversed().join(''),
    characters.toSpliced(cut, 1).join(''),
    characters.slice(0, cut).join(''),
    shuffle(random, characters).join(''),
  ])
}

function varyList(items: JsonValue[], random: Random): JsonValue[] {
  if (items.length === 0) return items
  const place = pickInteger(random, 0, items.length - 1)
  const item = items[place] ?? null
  return pickOne(random, [
    () => items.toSpliced(place, 1),
    () => [item],
    () => items.toReversed(),
    () => shuffle(random, items),
    () => items.map(() => item),
    () => [...items, item],
    () => [...items, varyValue(item, random)],
    () => items.with(place, varyValue(item, random)),
    () => items.map((other) => varyValue(other, random)),
    () => [...items, ...items],
  ])()
}
