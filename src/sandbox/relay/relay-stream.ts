import { FrameReader } from '../frames.ts'
import { isReady } from '../parse-claim.ts'
import type { StopReason } from '../decide-status.ts'
import { CHANNEL, parseEvent, type RelayEvent } from './relay-messages.ts'

/** A guest that is not in use says `ready`, and nothing else. */
const UNUSED_FRAME_BYTES = 1024
/** Relays send 64 KiB at most in one piece. */
const RELAY_FRAME_BYTES = 128 * 1024
const COMPLAINT_CHARACTERS = 2000

/** What an execution wants to hear of its guest. All of it is the program's word, except that it comes. */
export interface RelayListener {
  onBody(body: Buffer): void
  /** The control channel carries what cannot be a result. */
  onGarbage(error: Error): void
  onOutput(stream: 'stdout' | 'stderr', chunk: Buffer): void
  onEvent(event: RelayEvent): void
  onContent(chunk: Buffer): void
  /** A watch outside of the program's reach has ended it. */
  onStop(reason: StopReason): void
  /** The connection is at its end: the guest is, or the way to it. */
  onClose(): void
}

export interface RelayStreamHooks {
  onReady(): void
  /** Before the hand-over only. */
  onUnready(error: Error): void
  /** Nothing more can be read from this relay. */
  onBroken(): void
  /** A frame of the guest's connections, if it has any; throws where it is none. */
  onNetwork?(frame: Buffer): void
  /** Events of a relay that has more of them than the common ones; null for those that need nobody else. */
  parse?(body: Buffer): RelayEvent | null
}

/** Cuts the hostile stream of a relay into frames and brings them to whoever listens. */
export class RelayStream {
  /** What the guest said on stderr before the hand-over: why it did not become ready. */
  complaint = ''
  readonly #hooks: RelayStreamHooks
  readonly #relayFrames = new FrameReader(RELAY_FRAME_BYTES)
  readonly #frames = new FrameReader(UNUSED_FRAME_BYTES)
  /** What cannot be cut into frames any more is thrown away: the guest's channel, or all of them. */
  #isControlBroken = false
  #isBroken = false
  #isReady = false
  #listener: RelayListener | null = null

  constructor(hooks: RelayStreamHooks) {
    this.#hooks = hooks
  }

  get listener(): RelayListener | null {
    return this.#listener
  }

  /** From here on all that happens goes to the listener. */
  listen(listener: RelayListener, frameLimit: number): void {
    this.#listener = listener
    this.#frames.limit = frameLimit
  }

  forget(): void {
    this.#listener = null
  }

  complain(text: string): void {
    if (this.complaint.length < COMPLAINT_CHARACTERS) this.complaint += text
  }

  add(chunk: Buffer): void {
    if (this.#isBroken) return
    try {
      for (const body of this.#relayFrames.add(chunk)) this.#onRelayFrame(body)
    } catch (error) {
      this.#isBroken = true
      this.#onGarbage(error as Error)
      this.#hooks.onBroken()
    }
  }

  #onRelayFrame(frame: Buffer): void {
    const data = frame.subarray(1)
    if (frame[0] === CHANNEL.control) this.#onControl(data)
    else if (frame[0] === CHANNEL.event) this.#onEvent((this.#hooks.parse ?? parseEvent)(data))
    else if (frame[0] === CHANNEL.stdout || frame[0] === CHANNEL.stderr) {
      if (this.#listener === null) this.complain(data.toString('utf8'))
      else this.#listener.onOutput(frame[0] === CHANNEL.stdout ? 'stdout' : 'stderr', data)
    } else if (frame[0] === CHANNEL.content) this.#listener?.onContent(data)
    else if (frame[0] === CHANNEL.network && this.#hooks.onNetwork !== undefined) this.#hooks.onNetwork(data)
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

  #onEvent(event: RelayEvent | null): void {
    if (event === null) return
    if (this.#listener !== null) this.#listener.onEvent(event)
    else if (event.event === 'dead') this.#hooks.onUnready(new Error(this.complaint.trim() || 'the guest ended'))
  }

  #onBody(body: Buffer): void {
    if (this.#listener !== null) return this.#listener.onBody(body)
    if (this.#isReady || !isReady(body)) return this.#onGarbage(new Error('said something else than ready'))
    this.#isReady = true
    this.#hooks.onReady()
  }

  #onGarbage(error: Error): void {
    if (this.#listener === null) this.#hooks.onUnready(error)
    else this.#listener.onGarbage(error)
  }
}
