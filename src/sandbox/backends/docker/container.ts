import type { Socket } from 'node:net'
import { z } from 'zod'
import type { Limits } from '../../../contracts/limits.ts'
import { GuestConnections } from '../../relay/guest-connections.ts'
import { CHANNEL, encodeChunks, encodeCommand, type GuestKind, type StopCommand } from '../../relay/relay-messages.ts'
import { RelayStream, type RelayListener } from '../../relay/relay-stream.ts'
import type { GuestEnd, RelayedGuest, RelayUsage } from '../../relay/relayed-guest.ts'
import { machineAuthorities, type RelayedNetwork } from '../../relay/relayed-network.ts'
import { ContainerMeter } from './container-meter.ts'
import type { EngineClient } from './engine-client.ts'
import { EngineError } from './engine-failure.ts'
import { EngineStream } from './engine-stream.ts'
const state = z.object({
  State: z.object({ ExitCode: z.number().int(), OOMKilled: z.boolean().catch(false), Pid: z.number().catch(0) }),
})
const statistics = z.object({
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number() }) }),
  memory_stats: z.object({ usage: z.number().optional(), max_usage: z.number().optional() }).catch({}),
})

/** One started container: warm, waiting for its only execution, or just executing it. */
export class Container implements RelayedGuest {
  readonly id: string
  readonly guest: GuestKind
  readonly limits: Limits
  readonly inputVolume: string
  /** The engine is near: the relay's answers come at once. */
  readonly pace = { outputEndMs: 250, stopMs: 1_000, slowestBytesPerMs: 5_000, graceMs: 0 }
  readonly ready: Promise<void>
  isClosed = false
  cpuMsBefore = 0

  readonly #engine: EngineClient
  readonly #socket: Socket
  readonly #connections: GuestConnections | null
  readonly #relay: RelayStream
  #meter: ContainerMeter | null = null
  #resolveReady: () => void = () => {}
  #rejectReady: (error: Error) => void = () => {}

  constructor(
    engine: EngineClient,
    identity: { id: string; guest: GuestKind; limits: Limits; network: RelayedNetwork | null; inputVolume: string },
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
    const { network } = identity
    this.#socket = connection.socket
    this.#connections =
      network &&
      new GuestConnections({
        connect: () => network.connect(),
        send: (frame, onWritten) => void this.#socket.write(frame, onWritten),
      })
    this.#relay = new RelayStream({
      onReady: () => void this.#becomeReady(),
      onUnready: (error) => this.#rejectReady(error),
      onBroken: () => void this.kill(),
      ...(this.#connections === null ? {} : { onNetwork: (frame: Buffer) => this.#connections?.onFrame(frame) }),
    })
    const stream = new EngineStream((name, chunk) => this.#onStream(name, chunk))
    this.#socket.on('data', (chunk: Buffer) => stream.add(chunk))
    // A connection that breaks closes too.
    this.#socket.on('error', () => {})
    for (const event of ['end', 'close']) this.#socket.on(event, () => this.#onClose())
    this.#socket.unref()
    if (connection.head.length > 0) stream.add(connection.head)
    if (network !== null) {
      this.#socket.write(encodeCommand({ do: 'network', ...network.inside, authorities: machineAuthorities() }))
    }
  }

  use(listener: RelayListener, frame: Buffer, frameLimit: number): void {
    this.#relay.listen(listener, frameLimit)
    this.#socket.ref()
    this.send(frame)
    if (this.isClosed) listener.onClose()
  }

  send(frame: Buffer): void {
    this.#socket.write(encodeChunks(CHANNEL.control, frame))
  }

  stop(command: StopCommand): void {
    this.#socket.write(encodeCommand(command))
  }

  endNetwork(): void {
    this.#connections?.end()
  }

  async kill(): Promise<void> {
    // Already ended (409), or gone (404): `end` says how.
    await this.#engine.call('POST', `/containers/${this.id}/kill`, { query: { signal: 'KILL' } }).catch(() => {})
  }

  /** How it ended, as the engine has it; waits for that. Rejects where the engine does not know it any more. */
  async end(): Promise<GuestEnd> {
    await this.#engine.call('POST', `/containers/${this.id}/wait`, {
      query: { condition: 'not-running' },
      timeoutMs: 30_000,
    })
    const { State } = await this.#inspect()
    return { exitCode: State.ExitCode, outOfMemory: State.OOMKilled }
  }

  /** What it has used so far; null where nobody can tell any more, because it has ended. */
  async usage(): Promise<RelayUsage | null> {
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
    this.#relay.forget()
    this.endNetwork()
    this.#socket.destroy()
    await removeContainer(this.#engine, this.id)
    await removeVolume(this.#engine, this.inputVolume)
  }

  #onStream(name: 'stdout' | 'stderr', chunk: Buffer): void {
    if (name === 'stdout') this.#relay.add(chunk)
    // Only the interpreter's own last words arrive here, or what the program wrote through /proc: nobody's output.
    else this.#relay.complain(chunk.toString('utf8'))
  }

  async #becomeReady(): Promise<void> {
    try {
      const { State } = await this.#inspect()
      this.#meter = ContainerMeter.find(State.Pid, this.id)
      this.cpuMsBefore = (await this.usage())?.cpuMs ?? 0
      this.#resolveReady()
    } catch (error) {
      this.#rejectReady(error as Error)
    }
  }

  async #inspect(): Promise<z.infer<typeof state>> {
    return state.parse(await this.#engine.call('GET', `/containers/${this.id}/json`))
  }

  #onClose(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.#rejectReady(new Error(this.#relay.complaint.trim() || 'the container ended'))
    this.#relay.listener?.onClose()
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
