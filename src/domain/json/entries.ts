import type { JsonObject, JsonValue } from '../../contracts/json.ts'

/**
 * The labels of an object and their values in the program's order: of a plain object, or of the form
 * `{"$entries": [[label, value], …]}` in which objects travel whose order a JavaScript object cannot hold. Null where the
 * value is none, also for the tagged forms of numbers and bytes.
 */
export function readEntries(value: JsonValue | undefined): [string, JsonValue][] | null {
  if (!isObject(value)) return null
  const tagged = readTagged(value)
  if (tagged !== null) return tagged
  return isTag(value) ? null : Object.entries(value)
}

/** The value under a label; undefined where the value is no object or has no such label. */
export function readEntry(value: JsonValue, label: string): JsonValue | undefined {
  if (!isObject(value)) return undefined
  const tagged = readTagged(value)
  if (tagged !== null) return tagged.find(([key]) => key === label)?.[1]
  return Object.hasOwn(value, label) ? value[label] : undefined
}

/** The object of these entries: a plain one where that keeps their order. The labels have to be different ones. */
export function toObject(entries: readonly [string, JsonValue][]): JsonObject {
  return isPlain(entries.map(([label]) => label)) ? Object.fromEntries(entries) : { $entries: [...entries] }
}

/** True for a number or bytes in their tagged form. */
export function isTag(value: JsonObject): boolean {
  const [key, ...more] = Object.keys(value)
  if (more.length > 0 || (key !== '$number' && key !== '$bytes')) return false
  return typeof value[key] === 'string'
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** What JavaScript takes for the index of a list, and puts before all other labels in ascending order. */
const INDEX = /^(?:0|[1-9]\d{0,9})$/
const LARGEST_INDEX = 2 ** 32 - 2

function isPlain(labels: readonly string[]): boolean {
  if (labels.length === 1 && /^\$(?:number|bytes|entries)$/.test(labels[0] ?? '')) return false
  let lastIndex = -1
  let hasOthers = false
  for (const label of labels) {
    if (label === '__proto__') return false
    if (isIndex(label)) {
      if (hasOthers || Number(label) < lastIndex) return false
      lastIndex = Number(label)
    } else hasOthers = true
  }
  return true
}

function isIndex(label: string): boolean {
  return INDEX.test(label) && Number(label) <= LARGEST_INDEX
}

function readTagged(value: JsonObject): [string, JsonValue][] | null {
  const { $entries } = value
  if (!Array.isArray($entries) || Object.keys(value).length !== 1) return null
  const entries = $entries.filter(isEntry)
  const labels = new Set(entries.map(([label]) => label))
  return labels.size === $entries.length ? entries : null
}

function isEntry(pair: JsonValue): pair is [string, JsonValue] {
  return Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string'
}
