import type { Duplex } from 'node:stream'
import type { EgressContext } from './egress-context.ts'
import type { LedgerEntry } from './ledger.ts'
import { TransferCut, type Lifetime } from './lifetime.ts'
import { pump } from './pump.ts'

export interface RelayOptions {
  context: EgressContext
  entry: LedgerEntry
  client: Duplex
  upstream: Duplex
  /** Bytes of the client that were read before. */
  opening: Buffer
  lifetime: Lifetime
}

/** Passes bytes both ways until both sides have ended; rejects where one breaks off or a limit is met. */
export async function relay({ context, entry, client, upstream, opening, lifetime }: RelayOptions): Promise<void> {
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
