import { z } from 'zod'
import type { Limits } from '../../../contracts/limits.ts'
import { CHANNEL, encodeChunks, relayEvent } from '../../relay/relay-messages.ts'

const amount = z
  .number()
  .min(0)
  .max(2 ** 46)

/** What guest/cloud/attach.py tells beside what every relay tells. */
const slotEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('stopped'), reason: z.enum(['wall-time', 'cpu-time', 'output', 'memory']) }),
  z.object({ event: z.literal('files'), bytes: amount }),
  z.object({ event: z.literal('pong') }),
  z.object({
    event: z.literal('bye'),
    signal: z.number().int().nullable(),
    exitCode: z.number().int(),
    peakMemoryBytes: amount,
    cpuMs: amount,
    wallMs: amount,
    outOfMemory: z.boolean(),
  }),
])
export type SlotEvent = z.infer<typeof slotEvent> | z.infer<typeof relayEvent>
export type Farewell = Extract<z.infer<typeof slotEvent>, { event: 'bye' }>

/** Throws where it is none. */
export function parseSlotEvent(body: Buffer): SlotEvent {
  const message: unknown = JSON.parse(body.toString('utf8'))
  const own = slotEvent.safeParse(message)
  return own.success ? own.data : relayEvent.parse(message)
}

/** By what the slot ends the execution itself, and whether its inputs have been uploaded. */
export type StartCommand = { do: 'start'; inputs: boolean } & Pick<
  Limits,
  'wallMs' | 'cpuMs' | 'memoryBytes' | 'outputBytes'
>

export function encodeSlotCommand(command: StartCommand | { do: 'ping' }): Buffer {
  return encodeChunks(CHANNEL.command, Buffer.from(JSON.stringify(command)))
}

const report = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('up'),
    python: z.string(),
    node: z.string().nullable(),
    user: z.number().int(),
    threads: z.number().int(),
    packages: z.record(z.string(), z.string()),
  }),
  z.object({ event: z.literal('failed'), message: z.string() }),
])
export type SessionReport = z.infer<typeof report>
export type SessionFacts = Extract<SessionReport, { event: 'up' }>

/** A line of guest/cloud/session.py. Throws where it is none. */
export function parseSessionReport(line: string): SessionReport {
  return report.parse(JSON.parse(line))
}
