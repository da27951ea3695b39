import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach } from 'vitest'

export interface ReceivedRequest {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: Record<string, unknown>
  at: number
}

/** Plays one answer. `closed` resolves when the client has gone or the answer is finished. */
export type Answer = (response: ServerResponse, request: ReceivedRequest) => void | Promise<void>

export interface ProviderServer {
  readonly url: string
  requests: ReceivedRequest[]
  /** Of the answers that were not finished: when the client closed the connection, in milliseconds since the epoch. */
  abortedAt: number[]
  /** Answers for the coming requests, in order; the last one repeats. */
  answer(...answers: Answer[]): void
  close(): Promise<void>
}

/** An HTTP server on 127.0.0.1 that answers as a test tells it to: well, badly, slowly or not at all. */
export async function openProviderServer(): Promise<ProviderServer> {
  const server = createProviderServer()
  await server.start()
  return server
}

/** An address at which nothing listens. */
export async function findClosedAddress(): Promise<string> {
  const server = await openProviderServer()
  const { url } = server
  await server.close()
  return url
}

/** One such server for all tests of a file or block, with an empty record for each. */
export function useProviderServer(): ProviderServer {
  const server = createProviderServer()
  beforeAll(server.start)
  afterAll(server.close)
  beforeEach(() => {
    server.requests.length = 0
    server.abortedAt.length = 0
  })
  return server
}

function createProviderServer(): ProviderServer & { start(): Promise<void> } {
  const requests: ReceivedRequest[] = []
  const abortedAt: number[] = []
  let answers: Answer[] = []
  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readBody(incoming)
    const request: ReceivedRequest = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      body: text === '' ? {} : { ...JSON.parse(text) },
      at: Date.now(),
    }
    requests.push(request)
    const next = answers.length > 1 ? answers.shift() : answers[0]
    if (next === undefined) throw new Error('The test gave the server no answer')
    await next(response, request)
  }
  const server = createServer((incoming, response) => {
    response.on('close', () => {
      if (!response.writableFinished) abortedAt.push(Date.now())
    })
    void serve(incoming, response)
  })
  return {
    get url() {
      // The address of a listening TCP server is always a record.
      const { port } = server.address() as AddressInfo
      return `http://127.0.0.1:${port}`
    },
    start: () => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve)),
    requests,
    abortedAt,
    answer(...next) {
      answers = next
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** A reply with a status, a body and headers. */
export function reply(status: number, body: string | object, headers: Record<string, string> = {}): Answer {
  return (response) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(text)
  }
}

/** A whole event stream at once. */
export function stream(body: string): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    response.end(body)
  }
}

/** The same bytes in pieces of `size`, cut anywhere, also inside a character. */
export function streamInPieces(body: string, { size, everyMs = 0 }: { size: number; everyMs?: number }): Answer {
  return async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    const bytes = Buffer.from(body)
    for (let start = 0; start < bytes.length && !response.destroyed; start += size) {
      response.write(bytes.subarray(start, start + size))
      await pause(everyMs)
    }
    response.end()
  }
}

/** The first part of an event stream, and then the connection breaks. */
export function cutAfter(body: string, events: number): Answer {
  return async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(firstEvents(body, events))
    await pause(20)
    response.destroy()
  }
}

/** The first part of an event stream, and then nothing: the connection stays open. */
export function hangAfter(body: string, events: number): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(firstEvents(body, events))
  }
}

/** Takes the request and never answers. */
export const silence: Answer = () => undefined

export function firstEvents(body: string, events: number): string {
  return body
    .split(/(?<=\n\n)/)
    .slice(0, events)
    .join('')
}
