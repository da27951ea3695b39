import { z } from 'zod'

export type GuestKind = 'python' | 'javascript'

/** The channels of a relay; guest/python/container.py and guest/cloud/attach.py have the other end. */
export const CHANNEL = { control: 0, stdout: 1, stderr: 2, event: 3, command: 4, content: 5, network: 6 } as const

const PIECE_BYTES = 256 * 1024

export interface StopCommand {
  do: 'stop'
  /** Whether the files in the output folder are wanted. */
  collect: boolean
  artifactBytes: number
  artifactCount: number
  /** How much of each channel is still read after everything has been ended. */
  drainBytes: number
}

/** The first of all, for a guest that gets a network; it is started when this has come. */
export interface NetworkCommand {
  do: 'network'
  /** On 127.0.0.1, where the relay takes connections. */
  port: number
  environment: Record<string, string>
  /** PEM. */
  authorities: string
}

/** Told by a process that the program can get at: never a fact, only what may be looked at next. */
export const relayEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('end'), channel: z.enum(['control', 'stdout', 'stderr']) }),
  z.object({ event: z.literal('dead') }),
  z.object({
    event: z.literal('entry'),
    name: z.string().max(8192),
    kind: z.enum(['file', 'not-regular', 'too-deep', 'too-large', 'too-many', 'unreadable']),
    bytes: z.number().int().min(0),
  }),
  z.object({
    event: z.literal('bye'),
    signal: z.number().int().nullable(),
    exitCode: z.number().int(),
    peakMemoryBytes: z
      .number()
      .min(0)
      .max(2 ** 46),
  }),
])
export type RelayEvent = z.infer<typeof relayEvent>

/** Throws where it is none. */
export function parseEvent(body: Buffer): RelayEvent {
  return relayEvent.parse(JSON.parse(body.toString('utf8')))
}

/** `data` for a channel, in pieces that the relay need not hold whole. */
export function encodeChunks(channel: number, data: Buffer): Buffer {
  const chunks: Buffer[] = []
  for (let offset = 0; offset < data.length; offset += PIECE_BYTES) {
    chunks.push(encodeChunk(channel, data.subarray(offset, offset + PIECE_BYTES)))
  }
  return Buffer.concat(chunks)
}

/** `data` for a channel, in one piece. */
export function encodeChunk(channel: number, data: Buffer): Buffer {
  const head = Buffer.allocUnsafe(5)
  head.writeUInt32BE(data.length + 1, 0)
  head[4] = channel
  return Buffer.concat([head, data])
}

export function encodeCommand(command: StopCommand | NetworkCommand): Buffer {
  return encodeChunk(CHANNEL.command, Buffer.from(JSON.stringify(command)))
}
