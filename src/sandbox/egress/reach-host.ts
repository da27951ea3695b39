import { once } from 'node:events'
import { connect as netConnect, isIPv4, type Socket } from 'node:net'
import { canonicalAddress } from './canonical-host.ts'
import type { Connect, EgressContext } from './egress-context.ts'
import type { LedgerEntry } from './ledger.ts'
import type { Target } from './parse-target.ts'
import { EgressRefusal } from './refusal.ts'

/** Several addresses are normal, hundreds are somebody's scan. */
const MOST_ATTEMPTS = 4

/**
 * A connection to the target: its name is resolved once, every answer has to be public, one of these answers is
 * dialled, and the other end of the connection is compared with it. Throws `EgressRefusal`.
 */
export async function reachHost(
  context: EgressContext,
  entry: LedgerEntry,
  target: Target,
  signal: AbortSignal,
): Promise<Socket> {
  const addresses = await findAddresses(context, target, signal)
  let failure: unknown
  for (const address of addresses.slice(0, MOST_ATTEMPTS)) {
    entry.address = address
    try {
      return await dial(context.connect, address, target.port, signal)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (error instanceof EgressRefusal) throw error
      failure = error
    }
  }
  throw new EgressRefusal('connect-failed', { cause: failure })
}

async function findAddresses(context: EgressContext, { host, port }: Target, signal: AbortSignal): Promise<string[]> {
  const answers = host.kind === 'name' ? await resolve(context, host.host, signal) : [host.host]
  if (answers.length === 0) throw new EgressRefusal('name-not-found')
  const addresses = answers.map((answer) => canonicalAddress(answer))
  for (const address of addresses) {
    // One bad answer among good ones is how rebinding begins: all of them are refused.
    if (address === null || !context.isReachableAddress(address)) throw new EgressRefusal('non-public-address')
    if (context.rules.deniesAddress(address, port)) throw new EgressRefusal('denied')
  }
  // IPv4 first: many machines have IPv6 addresses and no route.
  const known = addresses.filter((address) => address !== null)
  return known.sort((a, b) => Number(isIPv4(b)) - Number(isIPv4(a)))
}

/** Also ends in time where a resolver does not heed the signal. */
async function resolve(context: EgressContext, name: string, signal: AbortSignal): Promise<string[]> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    signal.throwIfAborted()
    return await Promise.race([context.resolver(name, { signal }), aborted])
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw new EgressRefusal('name-not-found', { cause: error })
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

async function dial(connect: Connect, address: string, port: number, signal: AbortSignal): Promise<Socket> {
  const socket = connect(address, port)
  try {
    if (socket.connecting) await once(socket, 'connect', { signal })
    const actual = canonicalAddress(socket.remoteAddress ?? '')
    if (actual !== address) throw new EgressRefusal('address-mismatch')
    // `once` has taken its listener off again, and an error without one would end the process.
    socket.on('error', () => socket.destroy())
    socket.setNoDelay(true)
    return socket
  } catch (error) {
    socket.on('error', () => socket.destroy())
    socket.destroy()
    throw error
  }
}

/** No look-up, no second address: just this one. Half-open, because a request may end before its answer. */
export function connectToAddress(address: string, port: number): Socket {
  return netConnect({ host: address, port, allowHalfOpen: true, autoSelectFamily: false })
}
