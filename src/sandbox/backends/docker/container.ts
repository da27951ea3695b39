import type { Socket } from 'node:net'
import { z } from 'zod'
import type { Limits } from '../../../contracts/limits.ts'
import { FrameReader } from '../../frames.ts'
import { isReady } from '../../parse-claim.ts'
import { ContainerMeter, type Usage } from './container-meter.ts'
import type { GuestKind } from './container-options.ts'
import type { EngineClient } from './engine-client.ts'
import { EngineError } from './engine-failure.ts'
import { EngineStream } from './engine-stream.ts'
import {
  CHANNEL,
  encodeChunks,
  encodeCommand,
  parseEvent,
  type RelayEvent,
  type StopCommand,
} from './relay-messages.ts'

/** A guest that is not in use says `ready`, and nothing else. */
const UNUSED_FRAME_BYTES = 1024
/** The relay sends 64 KiB at most in one piece. */
const RELAY_FRAME_BYTES = 128 * 1024
const COMPLAINT_CHARACTERS = 2000

/** How the engine says that the container ended. */
export interface ContainerEnd {
  exitCode: number
  outOfMemory: boolean
}

/** What an execution wants to hear of its container. All of it is the program's word, except that it comes. */
export interface ContainerListener {
  onBody(body: Buffer): void
  /** The control channel carries what cannot be a result. */
  onGarbage(error: Error): void
  onOutput(stream: 'stdout' | 'stderr', chunk: Buffer): void
  onEvent(event: RelayEvent): void
  onContent(chunk: Buffer): void
  /** The connection is at its end: the container is, or the engine went away. */
  onClose(): void
}

const state = z.object({
  State: z.object({ ExitCode: z.number().int(), OOMKilled: z.boolean().catch(false), Pid: z.number().catch(0) }),
})
const statistics = z.object({
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number() }) }),
  memory_stats: z.object({ usage: z.number().optional(), max_usage: z.number().optional() }).catch({}),
})

/** One started container: warm, waiting for its only execution, or just executing it. */
export class Container {
  readonly id: string
  readonly guest: GuestKind
  readonly limits: Limits
  readonly inputVolume: string
  readonly ready: Promise<void>
  isReady = false
  isClosed = false
  /** CPU time when it became ready: the warm-up is not the execution's. */
  cpuMsBefore = 0
  /** What the guest said on stderr before the hand-over: why it did not become ready. */
  complaint = ''

  readonly #engine: EngineClient
  readonly #socket: Socket
  readonly #relayFrames = new FrameReader(RELAY_FRAME_BYTES)
  readonly #frames = new FrameReader(UNUSED_FRAME_BYTES)
  /** What cannot be cut into frames any more is thrown away: the guest's channel, or all of them. */
  #isControlBroken = false
  #isStreamBroken = false
  #listener: ContainerListener | null = null
  #meter: ContainerMeter | null = null
  #resolveReady: () => void = () => {}
  #rejectReady: (error: Error) => void = () => {}

  constructor(
    engine: EngineClient,
    identity: { id: string; guest: GuestKind; limits: Limits; inputVolume: string },
    connection: { socket: Socket; head: Buffer },
  ) {
    this.#engine = engine
    this.id = identity.id
    this.guest = identity.guest
    this.limits = identity.limits
    this.inputVolume = identity.inputVolume
    this.ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve
      this.#rejectReady = reject
    })
    this.ready.catch(() => {})
    this.#socket = connection.socket
    const stream = new EngineStream((name, chunk) => this.#onStream(name, chunk))
    this.#socket.on('data', (chunk: Buffer) => stream.add(chunk))
    // A connection that breaks closes too.
    this.#socket.on('error', () => {})
    for (const event of ['end', 'close']) this.#socket.on(event, () => this.#onClose())
    this.#socket.unref()
    if (connection.head.length > 0) stream.add(connection.head)
  }

  /** Hands the execution over: from here on all that happens goes to the listener. */
  use(listener: ContainerListener, frame: Buffer, frameLimit: number): void {
    this.#listener = listener
    this.#frames.limit = frameLimit
    this.#socket.ref()
    this.send(frame)
    if (this.isClosed) listener.onClose()
  }

  /** A further frame for the code; lost where the container is gone. */
  send(frame: Buffer): void {
    this.#socket.write(encodeChunks(CHANNEL.control, frame))
  }

  stop(command: StopCommand): void {
    this.#socket.write(encodeCommand(command))
  }

  /** Ends every process of the container at once. */
  async kill(): Promise<void> {
    // Already ended (409), or gone (404): `end` says how.
    await this.#engine.call('POST', `/containers/${this.id}/kill`, { query: { signal: 'KILL' } }).catch(() => {})
  }

  /** How it ended, as the engine has it; waits for that. Rejects where the engine does not know it any more. */
  async end(): Promise<ContainerEnd> {
    await this.#engine.call('POST', `/containers/${this.id}/wait`, {
      query: { condition: 'not-running' },
      timeoutMs: 30_000,
    })
    const { State } = await this.#inspect()
    return { exitCode: State.ExitCode, outOfMemory: State.OOMKilled }
  }

  /** What it has used so far; null where nobody can tell any more, because it has ended. */
  async usage(): Promise<Usage | null> {
    if (this.#meter !== null) return this.#meter.read()
    try {
      const query = { stream: false, 'one-shot': true }
      const found = statistics.parse(
        await this.#engine.call('GET', `/containers/${this.id}/stats`, { query, timeoutMs: 5_000 }),
      )
      const { usage = 0, max_usage: highest = 0 } = found.memory_stats
      return { cpuMs: found.cpu_stats.cpu_usage.total_usage / 1e6, memoryBytes: Math.max(usage, highest) }
    } catch {
      // Ended meanwhile.
      return null
    }
  }

  /** Removes it with its volume, whatever state it is in. Rejects where the engine refuses. */
  async remove(): Promise<void> {
    this.#listener = null
    this.#socket.destroy()
    await removeContainer(this.#engine, this.id)
    await removeVolume(this.#engine, this.inputVolume)
  }

  #onStream(name: 'stdout' | 'stderr', chunk: Buffer): void {
    if (name === 'stderr') {
      // Only the interpreter's own last words arrive here, or what the program wrote through /proc: nobody's output.
      if (this.complaint.length < COMPLAINT_CHARACTERS) this.complaint += chunk.toString('utf8')
      return
    }
    if (this.#isStreamBroken) return
    try {
      for (const body of this.#relayFrames.add(chunk)) this.#onRelayFrame(body)
    } catch (error) {
      this.#isStreamBroken = true
      this.#onGarbage(error as Error)
      void this.kill()
    }
  }

  #onRelayFrame(frame: Buffer): void {
    const data = frame.subarray(1)
    const listener = this.#listener
    if (frame[0] === CHANNEL.control) this.#onControl(data)
    else if (frame[0] === CHANNEL.event) this.#onEvent(parseEvent(data))
    else if (frame[0] === CHANNEL.stdout || frame[0] === CHANNEL.stderr) {
      if (listener !== null) listener.onOutput(frame[0] === CHANNEL.stdout ? 'stdout' : 'stderr', data)
      else if (this.complaint.length < COMPLAINT_CHARACTERS) this.complaint += data.toString('utf8')
    } else if (frame[0] === CHANNEL.content) listener?.onContent(data)
    else throw new Error('A frame of no known channel')
  }

  #onControl(data: Buffer): void {
    if (this.#isControlBroken) return
    let bodies: Buffer[]
    try {
      bodies = this.#frames.add(data)
    } catch (error) {
      this.#isControlBroken = true
      return this.#onGarbage(error as Error)
    }
    for (const body of bodies) this.#onBody(body)
  }

  #onEvent(event: RelayEvent): void {
    if (this.#listener !== null) this.#listener.onEvent(event)
    else if (event.event === 'dead') this.#rejectReady(new Error(this.complaint.trim() || 'the guest ended'))
  }

  #onBody(body: Buffer): void {
    if (this.#listener !== null) return this.#listener.onBody(body)
    if (this.isReady || !isReady(body)) return this.#onGarbage(new Error('said something else than ready'))
    void this.#becomeReady()
  }

  async #becomeReady(): Promise<void> {
    try {
      const { State } = await this.#inspect()
      this.#meter = ContainerMeter.find(State.Pid, this.id)
      this.cpuMsBefore = (await this.usage())?.cpuMs ?? 0
      this.isReady = true
      this.#resolveReady()
    } catch (error) {
      this.#rejectReady(error as Error)
    }
  }

  async #inspect(): Promise<z.infer<typeof state>> {
    return state.parse(await this.#engine.call('GET', `/containers/${this.id}/json`))
  }

  #onGarbage(error: Error): void {
    if (this.#listener === null) this.#rejectReady(error)
    else this.#listener.onGarbage(error)
  }

  #onClose(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.#rejectReady(new Error(this.complaint.trim() || 'the container ended'))
    this.#listener?.onClose()
  }
}

/** Rejects with `EngineError` for anything but a container that is not there any more. */
export async function removeContainer(engine: EngineClient, id: string): Promise<void> {
  await ignoring([404, 409], engine.call('DELETE', `/containers/${id}`, { query: { force: true, v: true } }))
}

export async function removeVolume(engine: EngineClient, name: string): Promise<void> {
  await ignoring([404], engine.call('DELETE', `/volumes/${name}`))
}

async function ignoring(statuses: number[], work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof EngineError) || !statuses.includes(error.status)) throw error
  }
}
