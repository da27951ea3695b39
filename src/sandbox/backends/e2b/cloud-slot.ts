import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { CommandHandle } from 'e2b'
import { HandaxeError } from '../../../contracts/errors.ts'
import type { Limits } from '../../../contracts/limits.ts'
import { FrameReader } from '../../frames.ts'
import { NODE_THREADS, nodeFlags } from '../../guest-surroundings.ts'
import type { FileEntry } from '../../relay/file-entries.ts'
import { CHANNEL, encodeChunks, encodeCommand, parseEvent } from '../../relay/relay-messages.ts'
import type { GuestKind, RelayEvent, StopCommand } from '../../relay/relay-messages.ts'
import { RelayStream, type RelayListener } from '../../relay/relay-stream.ts'
import type { GuestEnd, RelayedGuest } from '../../relay/relayed-guest.ts'
import type { Machine } from './machine.ts'
import { encodeSlotCommand, parseSlotEvent, type Farewell } from './slot-messages.ts'

/** One request of the process API carries so much; further ones wait for it. */
const PIECE_BYTES = 1024 * 1024
const RELAY_FRAME_BYTES = 128 * 1024
/** Silent for longer than this it is asked whether it is there before it is trusted with an execution. */
const SILENT_MS = 10_000
const PONG_TIMEOUT_MS = 5_000
const KILL_TIMEOUT_MS = 10_000
const UPLOAD_TIMEOUT_MS = 30 * 60_000
const STOP_MS = 15_000
/** Beyond the execution's own time: for its start, its end and small files. */
const SPARE_LIFE_MS = 30_000
/** The way to it is a network: a second more is nothing, an execution that is thought lost is. */
const PACE = { outputEndMs: 250, stopMs: STOP_MS, slowestBytesPerMs: 250, graceMs: 3_000 }

/** One jailed process in a cloud sandbox, warm for its only execution, with the relay that speaks for it. */
export class CloudSlot implements RelayedGuest {
  readonly machine: Machine
  readonly ready: Promise<void>
  readonly pace = PACE
  /** The relay leaves the warm-up out by itself. */
  readonly cpuMsBefore = 0

  /** Of its making; those of the execution when there is one. */
  #limits: Limits
  readonly #folder: string
  readonly #relay: RelayStream
  readonly #closed: Promise<void>
  #handle: CommandHandle | null = null
  #isClosed = false
  #isUsed = false
  #hasInputs = false
  #hasFiles = false
  #sending: Promise<unknown> = Promise.resolve()
  #loading: Promise<void> = Promise.resolve()
  #farewell: Farewell | null = null
  #failure: Error | null = null
  #wasKilled = false
  /** Its relay has ended, as far as the cloud says. A connection that broke says nothing of the kind. */
  #hasEnded = false
  #heardAt = performance.now()
  #onPong: () => void = () => {}
  #resolveReady: () => void = () => {}
  #rejectReady: (error: Error) => void = () => {}
  #resolveClosed: () => void = () => {}

  private constructor(machine: Machine, limits: Limits, folder: string) {
    this.machine = machine
    this.#limits = limits
    this.#folder = folder
    this.ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve
      this.#rejectReady = reject
    })
    this.ready.catch(() => {})
    this.#closed = new Promise((resolve) => (this.#resolveClosed = resolve))
    this.#relay = new RelayStream({
      onReady: () => this.#resolveReady(),
      onUnready: (error) => this.#rejectReady(error),
      onBroken: () => void this.kill(),
      parse: (body) => this.#onEvent(body),
    })
  }

  /** Starts its relay; `ready` settles when the slot is warm. Rejects with the SDK's error. */
  static async start(machine: Machine, guest: GuestKind, limits: Limits): Promise<CloudSlot> {
    const folder = machine.filesOf(randomBytes(8).toString('hex'))
    const slot = new CloudSlot(machine, limits, folder)
    const processes = guest === 'javascript' ? Math.max(limits.processes, NODE_THREADS) : limits.processes
    const flags = guest === 'javascript' ? nodeFlags(limits) : []
    const order = { guest, limits: { ...limits, processes }, nodeFlags: flags, files: folder }
    const handle = await machine.attach(order, {
      stdout: (text) => slot.#onText(text),
      stderr: (text) => slot.#relay.complain(text),
    })
    slot.#handle = handle
    handle.wait().then(
      () => slot.#onEnd(null),
      (error: Error) => slot.#onEnd(error),
    )
    return slot
  }

  /** Before it is used, with its machine too. */
  get isClosed(): boolean {
    return this.#isClosed || (!this.#isUsed && this.machine.isOver)
  }

  /** Makes sure that it will be there for long enough, and brings the inputs to it. Rejects where it is not. */
  async prepare(limits: Limits, inputs: readonly FileEntry[], signal: AbortSignal): Promise<void> {
    this.#limits = limits
    const bytes = inputs.reduce((sum, entry) => sum + bytesOf(entry), 0)
    await this.machine.keepAlive(limits.wallMs + SPARE_LIFE_MS + bytes / PACE.slowestBytesPerMs)
    if (performance.now() - this.#heardAt > SILENT_MS) await this.#ping()
    if (this.isClosed) throw this.#lost()
    if (inputs.length === 0) return
    this.#hasFiles = this.#hasInputs = true
    const limit = AbortSignal.timeout(UPLOAD_TIMEOUT_MS)
    await this.machine.upload(`${this.#folder}/inputs.tar`, inputs, AbortSignal.any([signal, limit]))
  }

  use(listener: RelayListener, frame: Buffer, frameLimit: number): void {
    this.#isUsed = true
    this.#relay.listen(listener, frameLimit)
    const { wallMs, cpuMs, memoryBytes, outputBytes } = this.#limits
    const start = { do: 'start', inputs: this.#hasInputs, wallMs, cpuMs, memoryBytes, outputBytes } as const
    this.#write(Buffer.concat([encodeSlotCommand(start), encodeChunks(CHANNEL.control, frame)]))
    if (this.isClosed) listener.onClose()
  }

  send(frame: Buffer): void {
    this.#write(encodeChunks(CHANNEL.control, frame))
  }

  stop(command: StopCommand): void {
    this.#write(encodeCommand(command))
  }

  /** Ends the relay; the session ends the slot of a relay that is gone. */
  async kill(): Promise<void> {
    this.#wasKilled ||= !this.#isClosed
    if (!this.#hasEnded && !this.machine.isOver) {
      this.#hasEnded = true
      const late = delay(KILL_TIMEOUT_MS, 'late', { ref: false })
      const outcome = await Promise.race([this.#handle?.kill().catch(() => 'failed'), late])
      await this.#handle?.disconnect()
      if (outcome === 'late' || outcome === 'failed') {
        // Not even that reaches it: whatever runs there must not go on. What cannot be ended ends with its time to live.
        this.machine.close().catch(() => {})
      }
    }
    this.#onClose()
  }

  async end(): Promise<GuestEnd> {
    await this.#closed
    if (this.#farewell !== null && this.#failure === null) {
      const { exitCode, outOfMemory, cpuMs, wallMs, peakMemoryBytes } = this.#farewell
      return { exitCode, outOfMemory, usage: { cpuMs, wallMs, memoryBytes: peakMemoryBytes } }
    }
    // By us, because of a limit or a program that would not stop.
    if (this.#wasKilled && this.#failure === null) return { exitCode: 137, outOfMemory: false }
    throw this.#lost()
  }

  /** The relay keeps watch itself. */
  async usage(): Promise<null> {
    return null
  }

  /** Gives the slot up, whatever it is doing. */
  async close(): Promise<void> {
    this.#relay.forget()
    await this.kill()
    // Not in the way of anything; it goes with the cloud sandbox at the latest.
    if (this.#hasFiles && !this.machine.isOver) await this.machine.remove(this.#folder).catch(() => {})
  }

  /** In order: each request waits for the one before it. */
  #write(data: Buffer): void {
    this.#sending = this.#sending.then(() => this.#sendPieces(data))
  }

  async #sendPieces(data: Buffer): Promise<void> {
    try {
      for (let offset = 0; offset < data.length && !this.#isClosed; offset += PIECE_BYTES) {
        await this.#handle?.sendStdin(data.subarray(offset, offset + PIECE_BYTES))
      }
    } catch (error) {
      // Its end may have been on its way already; where it was not, nobody can tell what has arrived.
      if (!this.#isClosed) await this.#onEnd(error as Error)
    }
  }

  async #ping(): Promise<void> {
    const pong = new Promise<void>((resolve, reject) => {
      this.#onPong = resolve
      setTimeout(() => reject(this.#lost()), PONG_TIMEOUT_MS).unref()
      void this.#closed.then(() => reject(this.#lost()))
    })
    this.#write(encodeSlotCommand({ do: 'ping' }))
    try {
      await pong
    } catch (error) {
      this.machine.isOver = true
      throw error
    }
  }

  /** Each character is a byte: see guest/cloud/attach.py. */
  #onText(text: string): void {
    this.#heardAt = performance.now()
    this.#relay.add(Buffer.from(text, 'latin1'))
  }

  #onEvent(body: Buffer): RelayEvent | null {
    const event = parseSlotEvent(body)
    if (event.event === 'stopped') this.#relay.listener?.onStop(event.reason)
    else if (event.event === 'pong') this.#onPong()
    else if (event.event === 'files') this.#load(event.bytes)
    else if (event.event === 'bye' && 'cpuMs' in event) {
      this.#farewell = event
      return event
    } else return event
    return null
  }

  /** The files of the execution lie ready as one, in frames; they go to whoever listens, as if they came this way. */
  #load(bytes: number): void {
    this.#hasFiles = true
    this.#loading = this.#loadFiles(bytes).catch((error: Error) => {
      this.#failure = new Error(`its files could not be loaded: ${error.message}`, { cause: error })
    })
  }

  async #loadFiles(bytes: number): Promise<void> {
    await this.machine.keepAlive(STOP_MS + bytes / PACE.slowestBytesPerMs)
    const frames = new FrameReader(RELAY_FRAME_BYTES)
    const stream = await this.machine.download(`${this.#folder}/artifacts`, STOP_MS)
    for await (const piece of stream) {
      for (const frame of frames.add(Buffer.from(piece))) {
        const data = frame.subarray(1)
        if (frame[0] === CHANNEL.event) this.#relay.listener?.onEvent(parseEvent(data))
        else if (frame[0] === CHANNEL.content) this.#relay.listener?.onContent(data)
        else throw new Error('a frame of no known channel')
      }
    }
  }

  async #onEnd(error: Error | null): Promise<void> {
    if (error === null || this.#farewell !== null) this.#hasEnded = true
    else if (!this.#wasKilled) this.#failure ??= error
    await this.#loading
    this.#onClose()
  }

  #onClose(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const reason = this.#relay.complaint.trim() || this.#failure?.message || 'the process in the cloud sandbox ended'
    this.#rejectReady(new Error(reason))
    this.#resolveClosed()
    this.#relay.listener?.onClose()
  }

  #lost(): HandaxeError {
    const reason = this.#failure?.message ?? (this.#relay.complaint.trim() || 'it does not answer any more')
    return new HandaxeError('sandbox_broken', `The cloud sandbox was lost during the execution: ${reason}`, {
      hint: 'Execute it again if it may run twice: a new cloud sandbox takes its place',
      details: { sandboxId: this.machine.id },
      cause: this.#failure,
    })
  }
}

function bytesOf(entry: FileEntry): number {
  if ('bytes' in entry) return entry.bytes
  return 'content' in entry ? entry.content.length : 0
}
