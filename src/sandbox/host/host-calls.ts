import type { Limits } from '../../contracts/limits.ts'
import { ProgramError } from '../../contracts/program-error.ts'
import type { HostFunction } from '../../contracts/sandbox.ts'
import { compileSchema } from './check-host-functions.ts'
import type { HostCall } from './parse-call.ts'

const MESSAGE_CHARACTERS = 2000
const CODE_CHARACTERS = 64

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
      return JSON.stringify({ type: 'reply', id, ok: false, error: describeFailure(name, thrown) })
    }
  }

  #encode(name: string, value: unknown): string {
    const text = toJson(name, value)
    const bytes = Buffer.byteLength(text)
    const left = this.#limits.hostOutputBytes - this.#outputBytes
    if (bytes > left) {
      throw new Refusal('output-limit', `${name} returned ${bytes} bytes; ${left} of hostOutputBytes are left`)
    }
    this.#outputBytes += bytes
    return text
  }
}

/**
 * What the function has meant for the program, or only that it failed: the text of any other error (a connection string, a
 * path, a row of somebody else) stays on the host, as stack, cause and fields do.
 */
function describeFailure(name: string, thrown: unknown): { code: string; message: string } {
  if (thrown instanceof Refusal) return { code: thrown.code, message: shorten(thrown.message, MESSAGE_CHARACTERS) }
  const generic = { code: 'failed', message: `the host function ${name} failed` }
  try {
    if (!ProgramError.isInstance(thrown)) return generic
    const { code, message } = thrown
    return {
      code: typeof code === 'string' && code !== '' ? shorten(code, CODE_CHARACTERS) : generic.code,
      message: typeof message === 'string' && message !== '' ? shorten(message, MESSAGE_CHARACTERS) : generic.message,
    }
  } catch {
    // A getter of the error that throws.
    return generic
  }
}

function toJson(name: string, value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null'
  } catch {
    throw new Refusal('failed', `${name} returned what is no JSON`)
  }
}

function shorten(text: string, characters: number): string {
  return text.slice(0, characters).toWellFormed()
}
