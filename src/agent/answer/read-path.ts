import type { JsonValue } from '../../contracts/json.ts'
import { readEntry } from '../../domain/json/entries.ts'

/**
 * The part of a value at a path such as `mean[0].close`, `rows[-1]` or `["a b"].x`; undefined where there is none. An
 * empty path is the value itself.
 */
export function readPath(value: JsonValue, path: string): JsonValue | undefined {
  let part: JsonValue | undefined = value
  let rest = path.trim()
  while (rest !== '') {
    const match =
      /^(?:\.?([\p{L}_$][\p{L}\p{N}_$-]*)|\[\s*(-?\d+)\s*\]|\[\s*"((?:[^"\\]|\\.)*)"\s*\]|\[\s*'([^']*)'\s*\]|\.(\d+))/u.exec(
        rest,
      )
    if (match === null) return undefined
    part = step(part, match[2] ?? match[5], match[1] ?? match[3]?.replaceAll(/\\(.)/g, '$1') ?? match[4])
    if (part === undefined) return undefined
    rest = rest.slice(match[0].length)
  }
  return part
}

function step(value: JsonValue | undefined, index: string | undefined, key: string | undefined): JsonValue | undefined {
  if (value === null || typeof value !== 'object') return undefined
  if (Array.isArray(value)) return index === undefined ? undefined : value.at(Number(index))
  const name = index ?? key
  return name === undefined ? undefined : readEntry(value, name)
}
