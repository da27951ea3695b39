import { Agent, request, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import type { Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import type { Readable } from 'node:stream'
import { z } from 'zod'
import { EngineError, engineUnavailable } from './engine-failure.ts'
import { endpointName, type EngineEndpoint } from './find-engine.ts'

/** The newest version whose answers this client has been written for; the engine's own where that is older. */
const NEWEST_VERSION = [1, 51] as const
const ANSWER_LIMIT = 8 * 1024 * 1024
/** An engine that is busy starting containers may take its time; one that never answers must not hold an execution up. */
const ANSWER_TIMEOUT_MS = 60_000

export interface EngineRequest {
  /** A list is sent as several parameters of the name. */
  query?: Record<string, string | number | boolean | readonly string[]>
  /** Sent as JSON, or as a tar archive where it is a stream. */
  body?: object | Readable
  timeoutMs?: number
  signal?: AbortSignal
}

/** The HTTP API of Docker, as podman speaks it too. */
export class EngineClient {
  readonly endpoint: EngineEndpoint
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64, timeout: 30_000 })
  #prefix: Promise<string> | null = null

  constructor(endpoint: EngineEndpoint) {
    this.endpoint = endpoint
  }

  get name(): string {
    return endpointName(this.endpoint)
  }

  /** The answer to a call as JSON, or null where there is none. Rejects with `EngineError`, `sandbox_unavailable`. */
  async call(method: string, path: string, options: EngineRequest = {}): Promise<unknown> {
    const text = await this.text(method, path, options)
    return text === '' ? null : JSON.parse(text)
  }

  /** The answer as text; of several JSON lines too. */
  async text(method: string, path: string, options: EngineRequest = {}): Promise<string> {
    const response = await this.#send(method, await this.#path(path, options.query), options)
    if ((response.statusCode ?? 500) >= 400) throw await refusalOf(response)
    return readAnswer(response)
  }

  /** The connection behind a call that turns into a two-way stream, with what has come on it already. */
  async hijack(path: string, query: EngineRequest['query']): Promise<{ socket: Socket; head: Buffer }> {
    const full = await this.#path(path, query)
    return new Promise((resolve, reject) => {
      const headers = { Connection: 'Upgrade', Upgrade: 'tcp', 'Content-Length': 0 }
      // A connection of its own: it stays open as long as the container runs.
      const sending = request({ ...this.#target(), method: 'POST', path: full, headers, agent: false })
      sending.on('upgrade', (_, socket: Socket, head: Buffer) => resolve({ socket, head }))
      sending.on('response', (response) => {
        refusalOf(response).then(reject, reject)
      })
      sending.on('error', (error) => reject(engineUnavailable(this.name, error)))
      sending.end()
    })
  }

  close(): void {
    this.#agent.destroy()
  }

  async #path(path: string, query: EngineRequest['query'] = {}): Promise<string> {
    this.#prefix ??= this.#negotiate()
    let prefix: string
    try {
      prefix = await this.#prefix
    } catch (error) {
      this.#prefix = null
      throw error
    }
    const search = new URLSearchParams(
      Object.entries(query).flatMap(([name, value]): [string, string][] =>
        (typeof value === 'object' ? value : [value]).map((one) => [name, String(one)]),
      ),
    )
    return `${prefix}${path}${search.size === 0 ? '' : `?${search.toString()}`}`
  }

  async #negotiate(): Promise<string> {
    const response = await this.#send('GET', '/_ping', { timeoutMs: 10_000 })
    await readAnswer(response)
    const version = z
      .string()
      .regex(/^\d+\.\d+$/)
      .catch('1.41')
      .parse(response.headers['api-version'])
    const [major = 1, minor = 41] = version.split('.').map(Number)
    const isNewer = major > NEWEST_VERSION[0] || (major === NEWEST_VERSION[0] && minor > NEWEST_VERSION[1])
    return `/v${isNewer ? NEWEST_VERSION.join('.') : version}`
  }

  #target(): RequestOptions {
    const { endpoint } = this
    return endpoint.kind === 'socket'
      ? { socketPath: endpoint.path, host: 'localhost' }
      : { host: endpoint.host, port: endpoint.port }
  }

  async #send(method: string, path: string, options: EngineRequest): Promise<IncomingMessage> {
    const { body, timeoutMs = ANSWER_TIMEOUT_MS, signal } = options
    const isStream = body !== undefined && 'pipe' in body
    const json = body === undefined || isStream ? null : Buffer.from(JSON.stringify(body))
    const headers: Record<string, string | number> = isStream
      ? { 'Content-Type': 'application/x-tar', 'Transfer-Encoding': 'chunked' }
      : json === null
        ? {}
        : { 'Content-Type': 'application/json', 'Content-Length': json.length }
    const sending = request({ ...this.#target(), method, path, headers, agent: this.#agent, ...(signal && { signal }) })
    const answered = answerOf(sending, timeoutMs)
    try {
      if (isStream) {
        // An engine that refuses stops reading: its answer says why, the broken pipe does not.
        await Promise.race([
          pipeline(body, sending).catch((error) => answered.catch(() => Promise.reject(error))),
          answered,
        ])
      } else sending.end(json ?? undefined)
      return await answered
    } catch (error) {
      answered.catch(() => {})
      throw signal?.aborted ? error : engineUnavailable(this.name, error)
    }
  }
}

function answerOf(sending: ClientRequest, timeoutMs: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sending.on('response', resolve)
    sending.on('error', reject)
    // Of silence: a long upload is none.
    sending.setTimeout(timeoutMs, () => sending.destroy(new Error(`no answer within ${timeoutMs} ms`)))
  })
}

async function refusalOf(response: IncomingMessage): Promise<EngineError> {
  return new EngineError(response.statusCode ?? 500, messageOf(await readAnswer(response)))
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.length
    if (bytes > ANSWER_LIMIT) throw new Error(`The engine's answer is longer than ${ANSWER_LIMIT} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

function messageOf(text: string): string {
  try {
    return z.object({ message: z.string() }).parse(JSON.parse(text)).message
  } catch {
    // Some engines answer in plain text.
    return text.trim().slice(0, 2000)
  }
}
