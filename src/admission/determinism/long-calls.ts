import type { JsonObject, JsonValue } from '../../contracts/json.ts'
import type { CallOutcome } from '../observation/outcome.ts'

/** More frames than Python allows (1,000), and few enough for a tool that compares all items with each other. */
const LONG = 3000
/** Of the calls that gave a value. */
const MOST_CALLS = 3

/** Calls that gave a value, with their lists and texts repeated until they are long. */
export function longCalls(calls: readonly JsonObject[], outcomes: readonly CallOutcome[]): JsonObject[] {
  const good = calls.filter((_, index) => outcomes[index]?.kind === 'value')
  const long = good.map((call) =>
    Object.fromEntries(Object.entries(call).map(([name, value]) => [name, repeat(value)])),
  )
  return long.filter((call) => Object.values(call).some(isLong)).slice(0, MOST_CALLS)
}

function repeat(value: JsonValue): JsonValue {
  if (typeof value === 'string' && value !== '') return value.repeat(Math.ceil(LONG / value.length))
  if (!Array.isArray(value) || value.length === 0) return value
  return Array.from({ length: LONG }, (_, place) => value[place % value.length] ?? null)
}

function isLong(value: JsonValue): boolean {
  return (typeof value === 'string' || Array.isArray(value)) && value.length >= LONG
}

/** True for a call that went deeper than its language allows. */
export function wentTooDeep(outcome: CallOutcome): boolean {
  if (outcome.kind !== 'error') return false
  return outcome.type === 'RecursionError' || /maximum call stack/i.test(outcome.message)
}
