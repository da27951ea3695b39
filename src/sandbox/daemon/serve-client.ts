import { timingSafeEqual } from 'node:crypto'
import type { Socket } from 'node:net'
import { HandaxeError } from '../../contracts/errors.ts'
import type { Sandbox } from '../../contracts/sandbox.ts'
import { encodeFrame, FrameReader } from '../frames.ts'
import { fromPortable, toPortableError } from './portable-execution.ts'
import {
  HELLO_BYTES,
  parseHello,
  PROTOCOL,
  REQUEST_BYTES,
  type DaemonReply,
  type DaemonRequest,
  type DaemonStatus,
  type PortableExecution,
} from './protocol.ts'

const HELLO_TIMEOUT_MS = 10_000
/** Output that a client has not read yet. One that reads nothing must not fill the daemon's memory. */
const UNREAD_BYTES = 256 * 1024 * 1024

/** What the daemon does for its clients. */
export interface ServedDaemon {
  token: string
  sandbox(): Promise<Sandbox>
  status(): DaemonStatus
  setIdle(idleMs: number): void
  stop(force: boolean): void
  onExecution(change: 1 | -1): void
}

/** One connection of a client, from its hello to its end. With it end the executions that it asked for. */
export class ServedClient {
  readonly #socket: Socket
  readonly #daemon: ServedDaemon
  readonly #underWay = new Map<number, AbortController>()
  readonly #reader = new FrameReader(REQUEST_BYTES)

  constructor(socket: Socket, daemon: ServedDaemon) {
    this.#socket = socket
    this.#daemon = daemon
    // A connection that breaks closes, too.
    socket.on('error', () => {})
    socket.once('close', () => this.cancelAll())
    this.#awaitHello()
  }

  get isBusy(): boolean {
    return this.#underWay.size > 0
  }

  cancelAll(): void {
    for (const controller of this.#underWay.values()) controller.abort()
  }

  close(): void {
    this.#socket.destroy()
  }

  #awaitHello(): void {
    const socket = this.#socket
    let received: Buffer = Buffer.alloc(0)
    socket.setTimeout(HELLO_TIMEOUT_MS, () => socket.destroy())
    const onData = (chunk: Buffer): void => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      const end = received.indexOf(0x0a)
      if (end === -1 && received.length <= HELLO_BYTES) return
      const hello = parseHello(received.subarray(0, Math.max(0, Math.min(end, HELLO_BYTES))).toString('latin1'))
      // No reason is given: whoever has no token gets no answer.
      if (hello === null || hello.protocol !== PROTOCOL || !isSame(hello.token, this.#daemon.token)) {
        return void socket.destroy()
      }
      socket.setTimeout(0)
      socket.off('data', onData)
      socket.on('data', (more: Buffer) => this.#onData(more))
      this.#onData(received.subarray(end + 1))
    }
    socket.on('data', onData)
  }

  #onData(chunk: Buffer): void {
    try {
      for (const body of this.#reader.add(chunk)) this.#onRequest(JSON.parse(body.toString('utf8')) as DaemonRequest)
    } catch {
      // It is not one of ours: the stream cannot be cut into requests any more.
      this.#socket.destroy()
    }
  }

  #onRequest(request: DaemonRequest): void {
    switch (request.type) {
      case 'open':
        this.#daemon.setIdle(request.idleMs)
        return void this.#open()
      case 'execute':
        return void this.#execute(request.id, request.execution, request.streams)
      case 'cancel':
        return void this.#underWay.get(request.id)?.abort()
      case 'status':
        return this.#send({ type: 'status', status: this.#daemon.status() })
      case 'stop':
        this.#send({ type: 'stopping' })
        return this.#daemon.stop(request.force)
    }
  }

  async #open(): Promise<void> {
    try {
      const { guarantees } = await this.#daemon.sandbox()
      this.#send({ type: 'opened', guarantees })
    } catch (error) {
      this.#send({ type: 'unavailable', error: toPortableError(error) })
    }
  }

  async #execute(id: number, portable: PortableExecution, streams: boolean): Promise<void> {
    const controller = new AbortController()
    this.#underWay.set(id, controller)
    this.#daemon.onExecution(1)
    try {
      const sandbox = await this.#daemon.sandbox()
      const result = await sandbox.execute({
        ...fromPortable(portable),
        signal: controller.signal,
        ...(streams ? { onOutput: (stream, text) => this.#passOn(id, stream, text) } : {}),
      })
      this.#send({ type: 'result', id, result })
    } catch (error) {
      this.#send({ type: 'error', id, error: toPortableError(error) })
    } finally {
      this.#underWay.delete(id)
      this.#daemon.onExecution(-1)
    }
  }

  /** What is thrown ends the execution, and is its error. */
  #passOn(id: number, stream: 'stdout' | 'stderr', text: string): void {
    if (this.#socket.writableLength > UNREAD_BYTES) {
      throw new HandaxeError('sandbox_broken', `More than ${UNREAD_BYTES} bytes of output were not read`, {
        hint: 'Read the output as it appears, or lower `limits.outputBytes`',
        details: { limit: UNREAD_BYTES },
      })
    }
    this.#send({ type: 'output', id, stream, text })
  }

  #send(reply: DaemonReply): void {
    if (!this.#socket.destroyed && this.#socket.writable) this.#socket.write(encodeFrame(reply))
  }
}

function isSame(given: string, expected: string): boolean {
  const one = Buffer.from(given, 'latin1')
  const other = Buffer.from(expected, 'latin1')
  return one.length === other.length && timingSafeEqual(one, other)
}
