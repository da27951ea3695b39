import type { Socket } from 'node:net'
import { assertAcceptable, assertAllowed } from './admit.ts'
import { hostInUrl } from './canonical-host.ts'
import type { EgressContext } from './egress-context.ts'
import { exchangeMessages, type ForwardTarget, type IncomingRequest } from './exchange-messages.ts'
import type { LedgerEntry } from './ledger.ts'
import { isBreak, Lifetime, TransferCut } from './lifetime.ts'
import { parseRequestTarget, parseTunnelledTarget, type RequestTarget } from './parse-target.ts'
import { reachHost } from './reach-host.ts'
import { EgressRefusal } from './refusal.ts'
import { replyRefusal } from './refusal-reply.ts'
import { secureUpstream } from './secure-upstream.ts'

/**
 * Serves one plain request, in absolute form or inside of a tunnel, to its end, on a connection to the host of its own. Redirects are handed back
 * like any answer: following one is a new request with a new decision. Rejects only for faults of the host's own.
 */
export async function forwardRequest(context: EgressContext, incoming: IncomingRequest): Promise<void> {
  const { request, response } = incoming
  const entry = context.ledger.begin('request')
  const lifetime = new Lifetime(context.signal, request.socket)
  try {
    const reached = await reach(context, entry, incoming, lifetime)
    entry.decide('listed')
    await exchangeMessages({ context, entry, lifetime, ...incoming, ...reached })
    entry.end('complete')
  } catch (error) {
    const cause: unknown = lifetime.signal.aborted ? lifetime.signal.reason : error
    if (entry.wasAllowed) {
      if (response.headersSent) request.socket.destroy()
      else replyRefusal(response, explainCut(cause))
      entry.end(cause instanceof TransferCut ? cause.ended : 'aborted')
      if (!isBreak(cause)) throw cause
      return
    }
    if (!(cause instanceof EgressRefusal)) {
      request.socket.destroy()
      throw cause
    }
    replyRefusal(response, cause)
    entry.decide(cause.reason)
  } finally {
    lifetime.end()
  }
}

async function reach(context: EgressContext, entry: LedgerEntry, incoming: IncomingRequest, lifetime: Lifetime) {
  const { request, tunnel } = incoming
  lifetime.limit(context.limits.connectTimeoutMs, new EgressRefusal('connect-timeout'))
  assertAcceptable(context, entry, request, tunnel !== null)
  // TRACE is answered with the request's own headers, the added ones too.
  if (request.method === 'TRACE' || request.method === 'CONNECT') throw new EgressRefusal('method-not-allowed')
  const url = request.url ?? ''
  const target = withSecrets(context, tunnel === null ? parseRequestTarget(url) : parseTunnelledTarget(url, tunnel))
  const { requireTls } = assertAllowed(context, entry, target)
  if (target.scheme === 'https' && target.secrets.length === 0) throw new EgressRefusal('scheme-not-allowed')
  if (target.secrets.length === 0 && target.port === 443 && requireTls) throw new EgressRefusal('tls-required')
  const socket: Socket = lifetime.own(await reachHost(context, entry, target, lifetime.signal))
  if (target.secrets.length === 0) return { target, upstream: socket }
  const { extraCertificates } = context
  const options = { serverName: target.host.host, extraCertificates, signal: lifetime.signal }
  return { target, upstream: lifetime.own(await secureUpstream(socket, options)) }
}

/** A host with secrets is asked by `http://host/` and reached by TLS at the port of the secrets. */
function withSecrets(context: EgressContext, target: RequestTarget): ForwardTarget {
  const port = target.scheme === 'http' ? tlsPortOf(target.port) : target.port
  const secrets = context.rules.secretsFor(target.host, port)
  const host = hostInUrl(target.host)
  if (secrets.length === 0) {
    return { ...target, secrets, authority: target.port === 80 ? host : `${host}:${target.port}` }
  }
  return { ...target, port, secrets, authority: port === 443 ? host : `${host}:${port}` }
}

/** Where a host with secrets is reached when it is asked for by `http://`. */
export function tlsPortOf(plainPort: number): number {
  return plainPort === 80 ? 443 : plainPort
}

function explainCut(cause: unknown): EgressRefusal {
  if (cause instanceof TransferCut && cause.ended === 'byte-limit') return new EgressRefusal('byte-limit')
  if (cause instanceof TransferCut && cause.ended === 'idle-timeout') return new EgressRefusal('connect-timeout')
  return new EgressRefusal('ended-early')
}
