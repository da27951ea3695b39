import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { FakeMachine } from './fake-machine.ts'

export const API_KEY = 'e2b_00112233445566778899aabbccddeeff00112233'
const ENVD_VERSION = '0.6.4'

/** What the next request of a kind meets in place of its answer, or before it. */
export interface Fault {
  /** `POST /v2/sandboxes`, as the beginning of method and path. */
  on: string
  status?: number
  headers?: Record<string, string>
  body?: unknown
  delayMs?: number
  /** The request is carried out all the same, but the answer is the fault's. */
  isCarriedOut?: boolean
  /** How much later than it was carried out the answer is given. */
  answerAfterMs?: number
  times?: number
}

export interface Seen {
  at: number
  request: string
  body: unknown
}

/** The control API of E2B and the way to its sandboxes, on 127.0.0.1; the sandboxes run in bubblewrap on this machine. */
export class FakeCloud {
  readonly machines = new Map<string, FakeMachine>()
  readonly seen: Seen[] = []
  nodePath: string | null = process.execPath
  url = ''
  /** Sandboxes at a time; one more is refused with 429. */
  limit = 100
  pageSize = 100
  readonly #faults: Fault[] = []
  readonly #server: Server
  readonly #frozen = new Set<string>()
  readonly #streams = new Map<string, Set<Socket>>()

  private constructor(server: Server) {
    this.#server = server
  }

  static async open(): Promise<FakeCloud> {
    const server = createServer()
    const cloud = new FakeCloud(server)
    server.on('request', (incoming, response) => {
      cloud.#answer(incoming, response).catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ code: 500, message: String(error) }))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cloud.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return cloud
  }

  /** What an environment has to say for the SDK to come here. */
  get environment(): Record<string, string> {
    return { E2B_API_KEY: API_KEY, E2B_API_URL: this.url, E2B_SANDBOX_URL: this.url }
  }

  get alive(): FakeMachine[] {
    return [...this.machines.values()].filter(({ isAlive }) => isAlive)
  }

  requests(beginning: string): Seen[] {
    return this.seen.filter(({ request: text }) => text.startsWith(beginning))
  }

  fail(fault: Fault): void {
    this.#faults.push({ times: 1, ...fault })
  }

  /** Ends every connection to the machine, which lives on. */
  cut(machine: FakeMachine): void {
    for (const socket of this.#streams.get(machine.id) ?? []) socket.destroy()
  }

  /** From now on nothing that is sent to the machine arrives, and nobody is told. */
  freeze(machine: FakeMachine): void {
    this.#frozen.add(machine.id)
  }

  /** What envd has started in the machine and has not ended: command lines. */
  async processes(machine: FakeMachine): Promise<string[]> {
    const reply = await fetch(`${this.url}/process.Process/List`, {
      method: 'POST',
      headers: { 'e2b-sandbox-id': machine.id, 'x-access-token': machine.token, 'content-type': 'application/json' },
      body: '{}',
    })
    const { processes } = (await reply.json()) as { processes: { config: { args: string[] } }[] }
    return processes.map(({ config }) => config.args.at(-1) ?? '')
  }

  async close(): Promise<void> {
    await Promise.all([...this.machines.values()].map((machine) => machine.kill()))
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = `${incoming.method} ${incoming.url}`
    const sandboxId = incoming.headers['e2b-sandbox-id']
    if (typeof sandboxId === 'string') {
      const fault = await this.#takeFault(text)
      if (fault?.status !== undefined) return send(response, fault.status, fault.body, fault.headers)
      return this.#forward(sandboxId, incoming, response)
    }
    const body = await readJson(incoming)
    this.seen.push({ at: performance.now(), request: text, body })
    const fault = await this.#takeFault(text)
    if (fault?.status !== undefined && fault.isCarriedOut !== true) {
      return send(response, fault.status, fault.body, fault.headers)
    }
    const answer = await this.#control(text, incoming.headers['x-api-key'], body)
    await delay(fault?.answerAfterMs ?? 0)
    if (fault?.status !== undefined) return send(response, fault.status, fault.body, fault.headers)
    send(response, answer.status, answer.body, answer.headers)
  }

  async #takeFault(text: string): Promise<Fault | null> {
    const fault = this.#faults.find(({ on, times = 0 }) => text.startsWith(on) && times > 0)
    if (fault === undefined) return null
    fault.times = (fault.times ?? 0) - 1
    await delay(fault.delayMs ?? 0)
    return fault
  }

  async #control(text: string, key: unknown, body: unknown): Promise<Answer> {
    if (key !== API_KEY) return failure(401, 'Invalid API key')
    const [method, address = ''] = text.split(' ')
    const url = new URL(address, this.url)
    const [, id = '', act] = /^\/sandboxes\/([^/]+)(?:\/(.*))?$/.exec(url.pathname) ?? []
    if (method === 'POST' && url.pathname === '/v2/sandboxes') return this.#create(body as NewSandbox)
    if (method === 'GET' && url.pathname === '/v2/sandboxes') return this.#list(url.searchParams)
    const machine = this.machines.get(id)
    if (machine === undefined || !machine.isAlive) return failure(404, `sandbox ${id} not found`)
    if (method === 'DELETE' && act === undefined) {
      await machine.kill()
      this.cut(machine)
      return { status: 204 }
    }
    if (method === 'POST' && act === 'timeout') {
      machine.extensions++
      machine.live((body as { timeout: number }).timeout * 1000)
      return { status: 204 }
    }
    return failure(404, 'no such path')
  }

  async #create({ templateID, metadata = {}, timeout }: NewSandbox): Promise<Answer> {
    if (templateID === 'missing') return failure(404, "template 'missing' not found")
    if (this.alive.length >= this.limit)
      return failure(429, 'you have reached the maximum number of concurrent sandboxes')
    const options = { metadata, templateId: templateID, timeToLiveMs: timeout * 1000, nodePath: this.nodePath }
    const machine = await FakeMachine.start(options)
    void machine.ended.then(() => this.cut(machine))
    this.machines.set(machine.id, machine)
    const { id: sandboxID, token: envdAccessToken } = machine
    const answer = { sandboxID, templateID, clientID: 'fake', envdVersion: ENVD_VERSION, envdAccessToken }
    return { status: 201, body: answer }
  }

  #list(query: URLSearchParams): Answer {
    const wanted = [...new URLSearchParams(query.get('metadata') ?? '')].map(([name, value]) => {
      return [decodeURIComponent(name), decodeURIComponent(value)] as const
    })
    const found = this.alive.filter(({ metadata }) => wanted.every(([name, value]) => metadata[name] === value))
    const first = Number(query.get('nextToken') ?? 0)
    const page = found.slice(first, first + this.pageSize).map((machine) => ({
      sandboxID: machine.id,
      templateID: machine.templateId,
      clientID: 'fake',
      metadata: machine.metadata,
      startedAt: machine.startedAt.toISOString(),
      endAt: machine.endAt.toISOString(),
      state: 'running',
      cpuCount: 2,
      memoryMB: 2048,
      envdVersion: ENVD_VERSION,
    }))
    const next = first + this.pageSize
    return { status: 200, body: page, ...(next < found.length ? { headers: { 'x-next-token': String(next) } } : {}) }
  }

  #forward(id: string, incoming: IncomingMessage, response: ServerResponse): void {
    const machine = this.machines.get(id)
    if (this.#frozen.has(id)) return void incoming.resume()
    if (machine === undefined || !machine.isAlive) {
      incoming.resume()
      return send(response, 502, { code: 502, message: 'The sandbox was not found', sandboxId: id })
    }
    if (incoming.headers['x-access-token'] !== machine.token) return send(response, 401, { message: 'wrong token' })
    const streams = this.#streams.get(id) ?? new Set()
    this.#streams.set(id, streams.add(incoming.socket))
    const { method, url, headers } = incoming
    // Left open by the other side: it would be gone for the last, empty write of a request that was answered at once.
    const options = { headers: { ...headers, connection: 'keep-alive' }, agent: false }
    const inner = request({ socketPath: machine.socketPath, method, path: url, ...options })
    inner.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.on('error', () => response.destroy()).pipe(response)
      answer.on('end', () => inner.destroy())
    })
    inner.on('error', () => {
      if (response.headersSent) response.destroy()
      else send(response, 502, { code: 502, message: 'The sandbox was not found' })
    })
    response.on('close', () => {
      streams.delete(incoming.socket)
      inner.destroy()
    })
    incoming.pipe(inner)
  }
}

interface NewSandbox {
  templateID: string
  metadata?: Record<string, string>
  timeout: number
}

interface Answer {
  status: number
  body?: unknown
  headers?: Record<string, string>
}

function failure(code: number, message: string): Answer {
  return { status: code, body: { code, message } }
}

function send(response: ServerResponse, status: number, body?: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}

async function readJson(incoming: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = []
  for await (const piece of incoming) pieces.push(piece as Buffer)
  const text = Buffer.concat(pieces).toString('utf8')
  return text === '' ? null : JSON.parse(text)
}
