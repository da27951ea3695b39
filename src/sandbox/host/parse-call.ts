import { z } from 'zod'
import type { JsonValue } from '../../contracts/json.ts'
import { toPlainValue } from '../plain-value.ts'

/** What the code asks of the host. The id is only given back: the host keeps nothing under it, so any will do. */
export interface HostCall {
  id: number
  name: string
  input: JsonValue
}

const call = z.object({
  type: z.literal('call'),
  id: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  name: z.string().max(200),
  input: z.unknown(),
})
const strictDecoder = new TextDecoder('utf-8', { fatal: true })
const START = '{"type":"call",'

/** Whether a frame means to be a call, without parsing it. */
export function isCall(body: Buffer): boolean {
  return body.subarray(0, START.length).toString('latin1') === START
}

/** The body of a frame from a process that may be hostile. Throws an `Error` whose message says what is wrong with it. */
export function parseCall(body: Buffer): HostCall {
  const parsed = call.safeParse(JSON.parse(strictDecoder.decode(body)))
  if (!parsed.success || parsed.data.input === undefined) throw new Error('The frame is not a call of the host')
  const { id, name, input } = parsed.data
  return { id, name, input: withoutPolluting(toPlainValue(input)) }
}

/**
 * Arguments go to code of the host, where a careless merge by one of these keys reaches the prototype of every object.
 * `__proto__` is gone already; values of programs keep the others, which are names like any other there.
 */
function withoutPolluting(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutPolluting)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([key]) => key !== 'constructor' && key !== 'prototype')
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutPolluting(item)]))
}
