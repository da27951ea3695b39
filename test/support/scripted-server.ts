import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ChatRequest {
  model: string
  messages: { role: string; content: string }[]
}

/** A reply to one model call. `hang` keeps the connection open without an answer until the client goes away. */
export type ScriptedReply = string | { hang: true }

export interface ScriptedServer {
  /** For `OPENAI_BASE_URL`. */
  baseUrl: string
  requests: ChatRequest[]
  /** Resolves when that many calls have arrived. */
  calls(count: number): Promise<void>
  close(): Promise<void>
}

/**
 * A model behind the protocol of OpenAI's chat completions on 127.0.0.1: the process under test talks to it as it would
 * to a provider. `answer` gets the request and its number from 1; where it throws, the call is answered by 400.
 */
export async function startScriptedServer(
  answer: (request: ChatRequest, call: number) => ScriptedReply,
): Promise<ScriptedServer> {
  const requests: ChatRequest[] = []
  const waiters: { count: number; resolve: () => void }[] = []
  const server = createServer((request, response) => {
    void respond(request, response).catch((error: unknown) => {
      response.writeHead(400, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: { message: String(error) } }))
    })
  })
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = JSON.parse(await readAll(request)) as ChatRequest
    requests.push(body)
    for (const waiter of waiters) if (requests.length >= waiter.count) waiter.resolve()
    const reply = answer(body, requests.length)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    if (typeof reply !== 'string') return
    for (const piece of chunksOf(reply, 400)) response.write(chunk(body.model, { content: piece }, null))
    response.write(chunk(body.model, {}, 'stop'))
    const usage = {
      prompt_tokens: Math.ceil(JSON.stringify(body.messages).length / 4),
      completion_tokens: Math.ceil(reply.length / 4),
    }
    const total = usage.prompt_tokens + usage.completion_tokens
    response.write(
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 0, model: body.model, choices: [], usage: { ...usage, total_tokens: total } })}\n\n`,
    )
    response.end('data: [DONE]\n\n')
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    calls: (count) =>
      requests.length >= count ? Promise.resolve() : new Promise((resolve) => waiters.push({ count, resolve })),
    close: () => closeServer(server),
  }
}

function chunk(model: string, delta: Record<string, string>, finishReason: string | null): string {
  const body = {
    id: 'c',
    object: 'chat.completion.chunk',
    created: 0,
    model,
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  }
  return `data: ${JSON.stringify(body)}\n\n`
}

function chunksOf(text: string, size: number): string[] {
  const pieces: string[] = []
  for (let start = 0; start < text.length; start += size) pieces.push(text.slice(start, start + size))
  return pieces
}

async function readAll(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString('utf8')
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise<void>((resolve) => server.close(() => resolve()))
}
