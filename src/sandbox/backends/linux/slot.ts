import { readSync } from 'node:fs'
import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Socket } from 'node:net'
import { constants } from 'node:os'
import type { Limits } from '../../../contracts/limits.ts'
import { FrameReader } from '../../frames.ts'
import { isReady } from '../../parse-claim.ts'
import type { SlotGroup } from './cgroup-tier.ts'
import type { GuestKind } from './zygote.ts'

export type Channel = 'control' | 'stdout' | 'stderr'

export interface SlotDeath {
  exitCode: number | null
  signal: string | null
  cpuMs: number
  peakMemoryBytes: number
  /** It did not end by itself and nobody ended it: its zygote is gone, or could not make it. */
  lost: boolean
}

/** What an execution wants to hear of its slot. */
export interface SlotListener {
  onBody(body: Buffer): void
  /** The control connection carries what cannot be a result. */
  onGarbage(error: Error): void
  onOutput(stream: 'stdout' | 'stderr', chunk: Buffer): void
  /** A connection came to its end: nothing more will be read from it. */
  onEnd(channel: Channel): void
  onDeath(death: SlotDeath): void
}

/** Bytes that a slot may send before it has been given anything to do: a frame that says `ready`. */
const UNUSED_FRAME_LIMIT = 1024

/** Of a connection, at a time. */
const DRAIN_BYTES = 64 * 1024
const DRAIN_LIMIT = 4 * 1024 * 1024

/** One jailed process that is warm and waits for its only execution, or is just executing it. */
export class Slot {
  readonly id: number
  readonly guest: GuestKind
  readonly limits: Limits
  /** Null until its first process is known, where there are no cgroups. */
  group: SlotGroup | null
  readonly token = randomBytes(16).toString('hex')
  readonly ready: Promise<void>
  readonly died: Promise<SlotDeath>
  readonly ended = new Set<Channel>()
  death: SlotDeath | null = null
  /** CPU time when it became ready: the warm-up is not the execution's. */
  cpuMsBefore = 0
  readonly reader = new FrameReader(UNUSED_FRAME_LIMIT)
  /** The first lines of stderr before the hand-over: why the slot did not become ready. */
  complaint = ''

  readonly #sockets = new Map<Channel, Socket>()
  #isReady = false
  #listener: SlotListener | null = null
  #resolveReady: () => void = () => {}
  #rejectReady: (error: Error) => void = () => {}
  #resolveDied: (death: SlotDeath) => void = () => {}

  constructor(id: number, guest: GuestKind, limits: Limits, group: SlotGroup | null) {
    this.id = id
    this.guest = guest
    this.limits = limits
    this.group = group
    this.ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve
      this.#rejectReady = reject
    })
    this.ready.catch(() => {})
    this.died = new Promise((resolve) => {
      this.#resolveDied = resolve
    })
  }

  get isReady(): boolean {
    return this.#isReady && this.death === null
  }

  /** Takes a connection that has said hello; false where it is not this slot's, or a second one for the channel. */
  attach(channel: Channel, token: string, socket: Socket, rest: Buffer): boolean {
    const given = Buffer.from(token)
    const own = Buffer.from(this.token)
    if (given.length !== own.length || !timingSafeEqual(given, own) || this.#sockets.has(channel)) return false
    this.#sockets.set(channel, socket)
    socket.on('data', (chunk: Buffer) => this.#onData(channel, chunk))
    socket.on('end', () => this.#onEnd(channel))
    socket.on('close', () => this.#onEnd(channel))
    socket.unref()
    if (rest.length > 0) this.#onData(channel, rest)
    return true
  }

  /**
   * Hands the execution over: from here on all that happens goes to the listener. The connections do not keep the event
   * loop going; whoever awaits the execution has to.
   */
  use(listener: SlotListener, frame: Buffer, frameLimit: number): void {
    this.#listener = listener
    this.reader.limit = frameLimit
    this.#sockets.get('control')?.write(frame)
  }

  /** A further frame for the code; lost where the slot is gone. */
  send(frame: Buffer): void {
    this.#sockets.get('control')?.write(frame)
  }

  /**
   * Reads what connections hold at this moment, to their end where they have one, instead of waiting for the event loop to
   * come to it: three turns of the loop are half a millisecond. True where nothing is left that could be read now.
   */
  drain(channels: readonly Channel[]): boolean {
    return channels.map((channel) => this.#drain(channel, this.#sockets.get(channel))).every(Boolean)
  }

  #drain(channel: Channel, socket: Socket | undefined): boolean {
    // A process that goes on writing must not keep the host here: what the kernel holds for a connection is less.
    for (let left = DRAIN_LIMIT; left > 0;) {
      if (this.ended.has(channel)) return true
      if (socket === undefined) return false
      // It is not listened to any more.
      if (socket.isPaused()) return true
      const chunk = readNow(socket)
      if (chunk === 'cannot-be-asked') return false
      if (chunk === 'empty') return true
      if (chunk.length === 0) {
        this.#onEnd(channel)
        return true
      }
      left -= chunk.length
      this.#onData(channel, chunk)
    }
    return false
  }

  /** Stops reading an output that has gone over its limit, so that the host keeps nothing of it. */
  muteOutput(): void {
    for (const channel of ['stdout', 'stderr'] as const) this.#sockets.get(channel)?.pause()
  }

  /** The zygote's report, or the zygote's own end. */
  markDead(death: SlotDeath): void {
    if (this.death !== null) return
    this.death = death
    this.#rejectReady(new Error(this.complaint.trim() || `ended by ${death.signal ?? `exit code ${death.exitCode}`}`))
    this.#resolveDied(death)
    this.#listener?.onDeath(death)
  }

  /** Whoever still listens is told that nothing more comes, and that it is not the code's doing. */
  close(): void {
    if (this.death !== null && !this.ended.has('control')) this.death.lost = true
    for (const socket of this.#sockets.values()) socket.destroy()
    for (const channel of ['control', 'stdout', 'stderr'] as const) this.#onEnd(channel)
    this.#listener = null
  }

  #onData(channel: Channel, chunk: Buffer): void {
    if (channel !== 'control') {
      if (this.#listener !== null) this.#listener.onOutput(channel, chunk)
      else if (this.complaint.length < 2000) this.complaint += chunk.toString('utf8')
      return
    }
    try {
      for (const body of this.reader.add(chunk)) this.#onBody(body)
    } catch (error) {
      // The stream cannot be cut into frames any more.
      this.#sockets.get('control')?.pause()
      if (this.#listener === null) this.#rejectReady(error as Error)
      else this.#listener.onGarbage(error as Error)
    }
  }

  #onBody(body: Buffer): void {
    if (this.#listener !== null) return this.#listener.onBody(body)
    if (this.#isReady || !isReady(body)) return this.#rejectReady(new Error('said something else than ready'))
    this.#isReady = true
    this.cpuMsBefore = this.group?.cpuMs() ?? 0
    this.#resolveReady()
  }

  #onEnd(channel: Channel): void {
    if (this.ended.has(channel)) return
    this.ended.add(channel)
    this.#listener?.onEnd(channel)
  }
}

/** One for all: the bytes in it are copied before the next are read. To make one anew takes as long as to read. */
const drained = Buffer.allocUnsafeSlow(DRAIN_BYTES)

/**
 * What a socket holds, without waiting; of no length at its end. It cannot be asked where Node does not show its
 * descriptor, which is documented nowhere. What Node has read before was handed on at once, so order holds.
 */
function readNow(socket: Socket): Buffer | 'empty' | 'cannot-be-asked' {
  const { _handle: handle } = socket as Socket & { _handle?: { fd?: number } | null }
  if (socket.destroyed) return drained.subarray(0, 0)
  if (typeof handle?.fd !== 'number' || handle.fd < 0) return 'cannot-be-asked'
  try {
    return drained.subarray(0, readSync(handle.fd, drained))
  } catch (error) {
    // Every other error is the end of the connection: a guest that left something unread has reset it.
    return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? 'empty' : drained.subarray(0, 0)
  }
}

/** Name of a signal by its number. */
export function signalName(number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`
}
