import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { EgressRefusal } from './refusal.ts'
import { REFUSALS } from './refusal.ts'

/** Where programs find the reason; the text is for people and models. */
export const REFUSAL_HEADER = 'x-handaxe-refusal'

/** Answers a request that was not passed on. Nothing of the request is repeated, so nothing can be smuggled out. */
export function replyRefusal(response: ServerResponse, refusal: EgressRefusal): void {
  const { status, sentence } = REFUSALS[refusal.reason]
  response.writeHead(status, sentence, refusalHeaders(refusal))
  response.end(`${sentence}.\n`)
}

/** The same on a bare connection: of a tunnel, or of bytes that are no request. */
export function writeRefusal(client: Duplex, refusal: EgressRefusal): void {
  if (!client.writable) {
    client.destroy()
    return
  }
  const { status, sentence } = REFUSALS[refusal.reason]
  const headers = Object.entries(refusalHeaders(refusal)).map(([name, value]) => `${name}: ${String(value)}\r\n`)
  // The code may leave its side open for ever: destroyed as soon as the answer is out.
  client.end(`HTTP/1.1 ${status} ${sentence}\r\n${headers.join('')}\r\n${sentence}.\n`, () => client.destroy())
}

function refusalHeaders({ reason }: EgressRefusal): OutgoingHttpHeaders {
  const { status, sentence } = REFUSALS[reason]
  return {
    connection: 'close',
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(sentence) + 2,
    [REFUSAL_HEADER]: reason,
    ...(status === 407 ? { 'proxy-authenticate': 'Basic realm="handaxe"' } : {}),
    ...(status === 405 ? { allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, CONNECT' } : {}),
  }
}

// A fatal `unrecognized_name` alert (RFC 6066 3): TLS libraries show it, where a bare end of the connection tells nothing.
const TLS_ALERT = Buffer.from([21, 3, 3, 0, 2, 2, 112])

/** Ends a tunnel that stands already, whose client waits for TLS. */
export function writeTlsAlert(client: Duplex): void {
  if (client.writable) client.end(TLS_ALERT, () => client.destroy())
  else client.destroy()
}
