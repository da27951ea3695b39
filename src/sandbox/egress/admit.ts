import type { IncomingMessage } from 'node:http'
import type { EgressContext } from './egress-context.ts'
import type { LedgerEntry } from './ledger.ts'
import type { Target } from './parse-target.ts'
import { carriesToken } from './proxy-token.ts'
import { EgressRefusal } from './refusal.ts'

/**
 * What every request has to pass before its target is read: the count, the token, the form. Inside of a tunnel clients
 * send no token: the tunnel was asked for with it.
 */
export function assertAcceptable(
  context: EgressContext,
  entry: LedgerEntry,
  request: IncomingMessage,
  isAuthenticated = false,
): void {
  if (context.ledger.isOverRequests(entry.id)) throw new EgressRefusal('request-limit')
  if (!isAuthenticated && !carriesToken(request.headers['proxy-authorization'], context.token))
    throw new EgressRefusal('unauthenticated')
  // The parser takes a first line without a version for HTTP/0.9, which ends where the code wrote a line break.
  if (request.httpVersion !== '1.1' && request.httpVersion !== '1.0') throw new EgressRefusal('malformed-request')
  const hosts = countHeaders(request, 'host')
  // RFC 9112 3.2: one Host header, no more; none only in HTTP/1.0.
  if (hosts > 1 || (hosts === 0 && request.httpVersion !== '1.0')) throw new EgressRefusal('malformed-request')
  const encodings = countHeaders(request, 'transfer-encoding')
  const lengths = countHeaders(request, 'content-length')
  const isChunked = /^chunked$/i.test(request.headers['transfer-encoding'] ?? '')
  // The parser refuses most of these; two framings or one that only some servers know are refused here again.
  if (encodings > 1 || lengths > 1 || encodings + lengths > 1 || (encodings === 1 && !isChunked)) {
    throw new EgressRefusal('malformed-request')
  }
}

/** Holds the target against the rules and the byte limit; returns whether a tunnel to it has to be TLS. */
export function assertAllowed(context: EgressContext, entry: LedgerEntry, target: Target): { requireTls: boolean } {
  entry.host = target.host
  entry.port = target.port
  const verdict = context.rules.decide(target.host, target.port)
  if (!verdict.allowed) throw new EgressRefusal(verdict.reason)
  if (context.ledger.bytesUsedUp) throw new EgressRefusal('byte-limit')
  return verdict
}

export function countHeaders({ rawHeaders }: IncomingMessage, lowerCaseName: string): number {
  return rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === lowerCaseName).length
}
