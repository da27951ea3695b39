import type { Socket } from 'node:net'
import type { NetworkLimits } from '../../contracts/network.ts'
import type { NetworkRules } from './compile-rules.ts'
import type { Ledger } from './ledger.ts'
import type { NameResolver } from './resolve-name.ts'

/** Opens a connection to exactly this address; it need not be open yet when it is returned. */
export type Connect = (address: string, port: number) => Socket

/** What every request of one proxy shares. */
export interface EgressContext {
  rules: NetworkRules
  limits: NetworkLimits
  ledger: Ledger
  token: string
  resolver: NameResolver
  isReachableAddress: (address: string) => boolean
  connect: Connect
  /** Certificates that are trusted besides the usual ones, PEM. */
  extraCertificates: string[]
  /** Aborted when the proxy is closed. */
  signal: AbortSignal
}
