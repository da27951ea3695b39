import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { assertAcceptable, assertAllowed, countHeaders } from './admit.ts'
import type { EgressContext } from './egress-context.ts'
import type { LedgerEntry } from './ledger.ts'
import { Lifetime, TransferCut } from './lifetime.ts'
import { parseConnectTarget } from './parse-target.ts'
import { pump } from './pump.ts'
import { reachHost } from './reach-host.ts'
import { readGreeting } from './read-greeting.ts'
import { EgressRefusal } from './refusal.ts'
import { writeRefusal, writeTlsAlert } from './refusal-reply.ts'

const ESTABLISHED = 'HTTP/1.1 200 Connection established\r\n\r\n'

/**
 * Serves one CONNECT to its end. What the code does wrong is answered and recorded; rejects only for faults of the
 * host's own (a log that throws), and then the connection is gone.
 */
export async function openTunnel(
  context: EgressContext,
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
): Promise<void> {
  // Failures are seen where the stream is read or written; without a listener a late one would end the process.
  client.on('error', () => client.destroy())
  const entry = context.ledger.begin('tunnel')
  const lifetime = new Lifetime(context.signal, client)
  let established = false
  try {
    const { upstream, requireTls } = await reach(context, entry, request, lifetime)
    established = true
    client.write(ESTABLISHED)
    const opening = requireTls ? await awaitGreeting(context, entry, client, head, lifetime) : head
    entry.decide('listed')
    await relay({ context, entry, client, upstream, opening, lifetime })
    entry.end('complete')
  } catch (error) {
    const cause: unknown = lifetime.signal.aborted ? lifetime.signal.reason : error
    if (entry.wasAllowed) {
      entry.end(cause instanceof TransferCut ? cause.ended : 'aborted')
      client.destroy()
      return
    }
    if (!(cause instanceof EgressRefusal)) {
      client.destroy()
      throw cause
    }
    if (established) writeTlsAlert(client)
    else writeRefusal(client, cause)
    entry.decide(cause.reason)
  } finally {
    lifetime.end()
  }
}

async function reach(context: EgressContext, entry: LedgerEntry, request: IncomingMessage, lifetime: Lifetime) {
  lifetime.limit(context.limits.connectTimeoutMs, new EgressRefusal('connect-timeout'))
  assertAcceptable(context, entry, request)
  // A body in front of a tunnel has no meaning that two readers share.
  if (countHeaders(request, 'content-length') + countHeaders(request, 'transfer-encoding') > 0) {
    throw new EgressRefusal('malformed-request')
  }
  const target = parseConnectTarget(request.url ?? '')
  const { requireTls } = assertAllowed(context, entry, target)
  if (context.rules.secretsFor(target.host, target.port).length > 0) throw new EgressRefusal('use-plain-url')
  const upstream = lifetime.own(await reachHost(context, entry, target, lifetime.signal))
  return { upstream, requireTls }
}

function awaitGreeting(
  { limits }: EgressContext,
  { host }: LedgerEntry,
  client: Duplex,
  head: Buffer,
  lifetime: Lifetime,
): Promise<Buffer> {
  if (host === null) throw new Error('The host of a tunnel is known when it stands')
  lifetime.limit(limits.connectTimeoutMs, new EgressRefusal('greeting-timeout'))
  return readGreeting(client, head, { host, maxBytes: limits.headerBytes, signal: lifetime.signal })
}

interface RelayOptions {
  context: EgressContext
  entry: LedgerEntry
  client: Duplex
  upstream: Duplex
  /** Bytes of the client that were read before. */
  opening: Buffer
  lifetime: Lifetime
}

/** Passes bytes both ways until both sides have ended. */
async function relay({ context, entry, client, upstream, opening, lifetime }: RelayOptions): Promise<void> {
  const spend = (direction: 'bytesSent' | 'bytesReceived') => (bytes: number) => {
    lifetime.touch()
    return entry.spend(direction, bytes)
  }
  lifetime.limit(context.limits.idleTimeoutMs, new TransferCut('idle-timeout'))
  lifetime.own(client)
  if (!spend('bytesSent')(opening.length)) throw new TransferCut('byte-limit')
  upstream.write(opening)
  await Promise.all([
    pump({ from: client, to: upstream, spend: spend('bytesSent') }),
    pump({ from: upstream, to: client, spend: spend('bytesReceived') }),
  ])
}
