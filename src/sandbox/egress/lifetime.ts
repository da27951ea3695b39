import type { Duplex } from 'node:stream'
import type { NetworkTransfer } from '../../contracts/network.ts'
import { EgressRefusal } from './refusal.ts'

/** Ends a transfer that was allowed. */
export class TransferCut extends Error {
  readonly ended: Exclude<NetworkTransfer['ended'], 'complete'>

  constructor(ended: TransferCut['ended'], options: ErrorOptions = {}) {
    super(`The transfer was cut: ${ended}`, options)
    this.name = 'TransferCut'
    this.ended = ended
  }
}

/** Whether this is one of the ways in which connections and messages break; anything else is a fault of our own. */
export function isBreak(error: unknown): boolean {
  if (error instanceof TransferCut || error instanceof EgressRefusal) return true
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
}

/**
 * The span of one request. It is aborted by the first of: its timer, the code hanging up, the proxy being closed. The
 * reason of the abort is an `EgressRefusal` or a `TransferCut`, ready to be thrown. What it owns is destroyed with it.
 */
export class Lifetime {
  readonly #controller = new AbortController()
  readonly #owned: Duplex[] = []
  readonly #closing: AbortSignal
  readonly #client: Duplex
  #timer: NodeJS.Timeout | undefined
  readonly #onEarlyEnd = () => this.abort(new EgressRefusal('ended-early'))

  constructor(closing: AbortSignal, client: Duplex) {
    this.#closing = closing
    this.#client = client
    if (closing.aborted || client.destroyed) this.#onEarlyEnd()
    closing.addEventListener('abort', this.#onEarlyEnd, { once: true })
    client.once('close', this.#onEarlyEnd)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Aborts after this time, unless `touch` is called before; replaces the limit that was set before. */
  limit(timeoutMs: number, reason: EgressRefusal | TransferCut): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.abort(reason), timeoutMs)
  }

  /** Starts the time of the limit again. */
  touch(): void {
    this.#timer?.refresh()
  }

  own<Stream extends Duplex>(stream: Stream): Stream {
    this.#owned.push(stream)
    return stream
  }

  abort(reason: EgressRefusal | TransferCut): void {
    if (!this.signal.aborted) this.#controller.abort(reason)
    this.#release()
  }

  /** Ends it; the reason of an abort stays. */
  end(): void {
    this.#release()
  }

  #release(): void {
    clearTimeout(this.#timer)
    this.#closing.removeEventListener('abort', this.#onEarlyEnd)
    this.#client.off('close', this.#onEarlyEnd)
    for (const stream of this.#owned) stream.destroy()
  }
}
