import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { assertAcceptable, assertAllowed, countHeaders } from './admit.ts'
import type { EgressContext } from './egress-context.ts'
import { tlsPortOf } from './forward-request.ts'
import type { LedgerEntry } from './ledger.ts'
import { isBreak, Lifetime, TransferCut } from './lifetime.ts'
import { parseConnectTarget, type Target } from './parse-target.ts'
import { reachHost } from './reach-host.ts'
import { readGreeting, readSome } from './read-greeting.ts'
import { EgressRefusal } from './refusal.ts'
import { writeRefusal, writeTlsAlert } from './refusal-reply.ts'
import { relay } from './relay.ts'

export interface TunnelRequest {
  request: IncomingMessage
  client: Duplex
  /** What the client sent behind its CONNECT without waiting. */
  head: Buffer
  /** Takes a tunnel back in which plain requests come: each of them is read and decided like any other. */
  adopt: (client: Duplex, target: Target) => void
}

const ESTABLISHED = 'HTTP/1.1 200 Connection established\r\n\r\n'
const TLS_HANDSHAKE = 22

/**
 * Serves one CONNECT to its end. What the code does wrong is answered and recorded; rejects only for faults of the
 * host's own (a log that throws), and then the connection is gone.
 */
export async function openTunnel(context: EgressContext, tunnel: TunnelRequest): Promise<void> {
  const { client } = tunnel
  // Failures are seen where the stream is read or written; without a listener a late one would end the process.
  client.on('error', () => client.destroy())
  const entry = context.ledger.begin('tunnel')
  const lifetime = new Lifetime(context.signal, client)
  const state = { established: false }
  try {
    await serve({ ...tunnel, context, entry, lifetime, state })
    entry.end('complete')
  } catch (error) {
    const cause: unknown = lifetime.signal.aborted ? lifetime.signal.reason : error
    if (entry.wasAllowed) {
      client.destroy()
      entry.end(cause instanceof TransferCut ? cause.ended : 'aborted')
      if (!isBreak(cause)) throw cause
      return
    }
    if (!(cause instanceof EgressRefusal)) {
      client.destroy()
      throw cause
    }
    if (state.established) writeTlsAlert(client)
    else writeRefusal(client, cause)
    entry.decide(cause.reason)
  } finally {
    lifetime.end()
  }
}

interface Serving extends TunnelRequest {
  context: EgressContext
  entry: LedgerEntry
  lifetime: Lifetime
  state: { established: boolean }
}

async function serve(serving: Serving): Promise<void> {
  const { context, entry, lifetime, client, head } = serving
  lifetime.limit(context.limits.connectTimeoutMs, new EgressRefusal('connect-timeout'))
  const target = admit(serving)
  if (target.content !== 'tls-or-requests') {
    // The host first: where it cannot be reached, the code is told why.
    const upstream = lifetime.own(await reachHost(context, entry, target, lifetime.signal))
    establish(serving)
    const opening = target.content === 'tls' ? await greet(serving, target, head) : head
    entry.decide('listed')
    await relay({ context, entry, client, upstream, opening, lifetime })
    return
  }
  establish(serving)
  const first = head.length > 0 ? head : await readSome(client, lifetime.signal)
  if (first[0] !== TLS_HANDSHAKE) {
    entry.decide('listed')
    client.unshift(first)
    serving.adopt(client, target)
    return
  }
  if (target.hasSecrets) throw new EgressRefusal('use-plain-url')
  const opening = await greet(serving, target, first)
  lifetime.limit(context.limits.connectTimeoutMs, new EgressRefusal('connect-timeout'))
  const upstream = lifetime.own(await reachHost(context, entry, target, lifetime.signal))
  entry.decide('listed')
  await relay({ context, entry, client, upstream, opening, lifetime })
}

interface TunnelTarget extends Target {
  /** What may go through: only TLS; TLS or plain requests, which some clients send through tunnels too; or anything. */
  content: 'tls' | 'tls-or-requests' | 'anything'
  hasSecrets: boolean
}

function admit({ context, entry, request }: Serving): TunnelTarget {
  assertAcceptable(context, entry, request)
  // A body in front of a tunnel has no meaning that two readers share.
  if (countHeaders(request, 'content-length') + countHeaders(request, 'transfer-encoding') > 0) {
    throw new EgressRefusal('malformed-request')
  }
  const target = parseConnectTarget(request.url ?? '')
  const hasSecrets = context.rules.secretsFor(target.host, tlsPortOf(target.port)).length > 0
  // `http://host/` of a host with secrets means its TLS port, also when the client asks for it by a tunnel to port 80.
  const reached = hasSecrets ? { ...target, port: tlsPortOf(target.port) } : target
  const { requireTls } = assertAllowed(context, entry, reached)
  if (hasSecrets && target.port === 443) throw new EgressRefusal('use-plain-url')
  if (!requireTls && !hasSecrets) return { ...target, hasSecrets, content: 'anything' }
  return { ...target, hasSecrets, content: target.port === 443 ? 'tls' : 'tls-or-requests' }
}

function establish({ context, client, lifetime, state }: Serving): void {
  state.established = true
  lifetime.limit(context.limits.connectTimeoutMs, new EgressRefusal('greeting-timeout'))
  client.write(ESTABLISHED)
}

function greet({ context, client, lifetime }: Serving, { host }: Target, head: Buffer): Promise<Buffer> {
  return readGreeting(client, head, { host, maxBytes: context.limits.headerBytes, signal: lifetime.signal })
}
