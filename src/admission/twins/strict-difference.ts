import type { JsonValue } from '../../contracts/json.ts'
import { readEntries, readEntry } from '../../domain/json/entries.ts'

/**
 * What a test forgives and a twin may not: a date written in another form, letters composed in another way, a number as a
 * text. Null where there is nothing of the kind; what the values are otherwise, `CompareValues` compares.
 */
export function strictDifference(first: JsonValue, second: JsonValue): string | null {
  if (typeof first === 'string' || typeof second === 'string') {
    return first === second ? null : `one gives ${show(first)}, the other ${show(second)}`
  }
  if (Array.isArray(first) && Array.isArray(second)) {
    return firstOf(first.map((item, index) => () => strictDifference(item, second[index] ?? null)))
  }
  const [parts, others] = [readEntries(first), readEntries(second)]
  if (parts === null || others === null) return null
  return firstOf(
    parts.map(
      ([key, part]) =>
        () =>
          strictDifference(part, readEntry(second, key) ?? null),
    ),
  )
}

function firstOf(differences: readonly (() => string | null)[]): string | null {
  for (const difference of differences) {
    const found = difference()
    if (found !== null) return found
  }
  return null
}

const SHOWN_CHARACTERS = 120

function show(value: JsonValue): string {
  return JSON.stringify(value).slice(0, SHOWN_CHARACTERS).toWellFormed()
}
