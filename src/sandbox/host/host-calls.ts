import type { Limits } from '../../contracts/limits.ts'
import type { HostFunction } from '../../contracts/sandbox.ts'
import { compileSchema } from './check-host-functions.ts'
import type { HostCall } from './parse-call.ts'

const MESSAGE_CHARACTERS = 2000

export type HostErrorCode = 'unknown-function' | 'invalid-arguments' | 'output-limit' | 'failed'

/** What the code is told of a call that did not succeed. */
class Refusal extends Error {
  readonly code: HostErrorCode

  constructor(code: HostErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * Answers the calls of one execution. The guest's own module keeps to the limits of calls and input and tells its caller of
 * them; a frame beyond them was made by the code itself, so it ends the execution: `answer` throws.
 */
export class HostCalls {
  readonly #functions: Map<string, HostFunction>
  readonly #limits: Limits
  readonly #send: (json: string) => void
  readonly #ending = new AbortController()
  #calls = 0
  #inFlight = 0
  #inputBytes = 0
  #outputBytes = 0

  constructor(functions: HostFunction[], limits: Limits, send: (json: string) => void) {
    this.#functions = new Map(functions.map((one) => [one.name, one]))
    this.#limits = limits
    this.#send = send
  }

  get areOffered(): boolean {
    return this.#functions.size > 0
  }

  /** Starts the call and replies when it has ended. Throws where the code has gone beyond a limit. */
  answer(call: HostCall, frameBytes: number): void {
    this.#calls += 1
    this.#inputBytes += frameBytes
    const { hostCalls, hostCallsInFlight, hostInputBytes } = this.#limits
    if (this.#calls > hostCalls) throw new Error(`More calls of the host than ${hostCalls}`)
    if (this.#inputBytes > hostInputBytes) throw new Error(`More bytes in calls of the host than ${hostInputBytes}`)
    if (this.#inFlight >= hostCallsInFlight) {
      throw new Error(`More calls of the host at one time than ${hostCallsInFlight}`)
    }
    this.#inFlight += 1
    void this.#reply(call)
  }

  /** Aborts the calls under way; what they give is dropped. */
  end(): void {
    this.#ending.abort()
  }

  async #reply(call: HostCall): Promise<void> {
    const reply = await this.#execute(call)
    this.#inFlight -= 1
    if (!this.#ending.signal.aborted) this.#send(reply)
  }

  /** The reply as JSON. Never rejects. */
  async #execute({ id, name, input }: HostCall): Promise<string> {
    try {
      const called = this.#functions.get(name)
      if (called === undefined) throw new Refusal('unknown-function', 'there is no host function of this name')
      const validate = compileSchema(name, called.inputSchema)
      if (!validate(input)) {
        const [error] = validate.errors ?? []
        const place = error?.instancePath === '' ? '' : ` at ${error?.instancePath}`
        throw new Refusal('invalid-arguments', `the arguments of ${name} do not fit${place}: ${error?.message}`)
      }
      const value = await called.execute(input, { signal: this.#ending.signal })
      return `{"type":"reply","id":${id},"ok":true,"value":${this.#encode(name, value)}}`
    } catch (thrown) {
      const code = thrown instanceof Refusal ? thrown.code : 'failed'
      return JSON.stringify({ type: 'reply', id, ok: false, error: { code, message: messageOf(thrown) } })
    }
  }

  #encode(name: string, value: unknown): string {
    const text = JSON.stringify(value) ?? 'null'
    const bytes = Buffer.byteLength(text)
    const left = this.#limits.hostOutputBytes - this.#outputBytes
    if (bytes > left) {
      throw new Refusal('output-limit', `${name} returned ${bytes} bytes; ${left} of hostOutputBytes are left`)
    }
    this.#outputBytes += bytes
    return text
  }
}

/** Only the message: stack, cause and fields of a host's error stay on the host. */
function messageOf(thrown: unknown): string {
  const text = thrown instanceof Error && typeof thrown.message === 'string' ? thrown.message : ''
  return text === '' ? 'the host function failed' : text.slice(0, MESSAGE_CHARACTERS).toWellFormed()
}
