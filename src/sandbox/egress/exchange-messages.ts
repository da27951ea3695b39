import { once } from 'node:events'
import { request as httpRequest, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { InjectedSecret } from '../../contracts/network.ts'
import { countHeaders } from './admit.ts'
import { endToEndHeaders, headBytes, setHeaders } from './copy-headers.ts'
import type { EgressContext } from './egress-context.ts'
import type { LedgerEntry } from './ledger.ts'
import { TransferCut, type Lifetime } from './lifetime.ts'
import { createMaskFilter, maskText, secretNeedles } from './mask-secrets.ts'
import type { RequestTarget, Target } from './parse-target.ts'
import { pump } from './pump.ts'

export interface IncomingRequest {
  request: IncomingMessage
  response: ServerResponse
  /** The code waits for `100 Continue` before it sends the body. */
  expectsContinue: boolean
  /** The tunnel in which it came, which says where it goes; null for a request to the proxy itself. */
  tunnel: Target | null
}

export interface ForwardTarget extends RequestTarget {
  /** Not empty: the request goes out by TLS with these headers. */
  secrets: InjectedSecret[]
  /** The Host header. */
  authority: string
}

export interface ExchangeOptions extends IncomingRequest {
  context: EgressContext
  entry: LedgerEntry
  lifetime: Lifetime
  target: ForwardTarget
  upstream: Duplex
}

/** Of an answer. Real sites send more than the 16 KB that the code is allowed. */
const MOST_ANSWER_HEADER_BYTES = 64 * 1024

/** Sends an allowed request on `upstream` and its answer back; rejects where either breaks off. */
export async function exchangeMessages(options: ExchangeOptions): Promise<void> {
  const { request, response, lifetime, context, entry } = options
  lifetime.limit(context.limits.idleTimeoutMs, new TransferCut('idle-timeout'))
  spend(options, 'bytesSent', headBytes(`${request.method} ${options.target.path} `, request.rawHeaders))
  const outgoing = createOutgoing(options)
  // From here to where it is awaited nothing may throw, or its rejection would have nobody to see it.
  const answered = once(outgoing, 'response', { signal: lifetime.signal }) as Promise<[IncomingMessage]>
  if (options.expectsContinue) response.writeContinue()
  sendBody(options, outgoing)

  const [answer] = await answered
  spend(options, 'bytesReceived', headBytes(`HTTP/1.1 200 `, answer.rawHeaders))
  const needles = secretNeedles(options.target.secrets)
  writeHead(response, answer, needles)
  // An answer that came before the whole request: the rest of it must not be read as the next request.
  if (!request.complete) response.shouldKeepAlive = false
  response.flushHeaders()
  await pump({
    from: answer,
    to: response,
    spend: (bytes) => {
      lifetime.touch()
      return entry.spend('bytesReceived', bytes)
    },
    ...(needles.length === 0 ? {} : { filter: createMaskFilter(needles) }),
  })
}

/**
 * The request as the host gets it. Everything that decides where it goes and where it ends is written anew: the
 * target, Host, the framing, the connection, and the secrets in place of what the code wrote under their names.
 */
function createOutgoing({ request, target, upstream, lifetime }: ExchangeOptions): ClientRequest {
  const outgoing = httpRequest({
    createConnection: () => upstream,
    ...(request.method === undefined ? {} : { method: request.method }),
    path: target.path,
    setHost: false,
    maxHeaderSize: MOST_ANSWER_HEADER_BYTES,
    insecureHTTPParser: false,
  })
  // Its failures are seen by those who wait for it; without a listener a late one would end the process.
  outgoing.on('error', () => outgoing.destroy())
  // Not every end without an answer is an error to Node: a host that switches protocols unasked is just closed.
  const onEarlyClose = () => lifetime.abort(new TransferCut('aborted'))
  outgoing.once('close', onEarlyClose).once('response', () => outgoing.off('close', onEarlyClose))
  const lines = endToEndHeaders(request.rawHeaders)
  lines.set('host', { name: 'Host', values: [target.authority] })
  addSecrets(lines, target.secrets)
  setHeaders(outgoing, lines)
  const length = request.headers['content-length']
  if (length !== undefined) outgoing.setHeader('Content-Length', length)
  if (countHeaders(request, 'transfer-encoding') > 0) outgoing.setHeader('Transfer-Encoding', 'chunked')
  return outgoing
}

function addSecrets(lines: ReturnType<typeof endToEndHeaders>, secrets: InjectedSecret[]): void {
  for (const { header, value } of secrets) lines.set(header.toLowerCase(), { name: header, values: [value] })
  // What is compressed cannot be masked.
  if (secrets.length > 0) lines.set('accept-encoding', { name: 'Accept-Encoding', values: ['identity'] })
}

/** Goes on by itself: the answer decides when the exchange is over, and may come before the request is sent whole. */
function sendBody({ request, entry, lifetime }: ExchangeOptions, outgoing: ClientRequest): void {
  if (!outgoing.hasHeader('content-length') && !outgoing.hasHeader('transfer-encoding')) {
    outgoing.end()
    return
  }
  const sending = pump({
    from: request,
    to: outgoing,
    spend: (bytes) => {
      lifetime.touch()
      return entry.spend('bytesSent', bytes)
    },
  })
  sending.catch((error: unknown) => {
    // The other failures are the host hanging up, which the answer tells, and the code doing so, which ends the span.
    if (error instanceof TransferCut) lifetime.abort(error)
  })
}

function writeHead(response: ServerResponse, answer: IncomingMessage, needles: Buffer[]): void {
  const lines = endToEndHeaders(answer.rawHeaders)
  for (const line of lines.values()) line.values = line.values.map((value) => maskText(value, needles))
  response.statusCode = answer.statusCode ?? 502
  setHeaders(response, lines)
  const length = answer.headers['content-length']
  if (length !== undefined && answer.headers['transfer-encoding'] === undefined) {
    response.setHeader('Content-Length', length)
  }
}

function spend({ entry, lifetime }: ExchangeOptions, direction: 'bytesSent' | 'bytesReceived', bytes: number): void {
  lifetime.touch()
  if (!entry.spend(direction, bytes)) throw new TransferCut('byte-limit')
}
