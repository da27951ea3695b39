import type { NetworkFailure, NetworkRefusal } from '../../contracts/network.ts'

type Reason = NetworkRefusal | NetworkFailure

interface RefusalKind {
  readonly outcome: 'refused' | 'failed'
  /** Of the HTTP answer; where a tunnel already stands there is no answer, and it is cut. */
  readonly status: number
  /** What the code is told, also as the reason phrase, which is all that most clients show of a refused tunnel. */
  readonly sentence: string
}

const refused = (status: number, sentence: string): RefusalKind => ({ outcome: 'refused', status, sentence })
const failed = (status: number, sentence: string): RefusalKind => ({ outcome: 'failed', status, sentence })

export const REFUSALS: Readonly<Record<Reason, RefusalKind>> = {
  'malformed-request': refused(400, 'Not a request that this proxy understands'),
  'header-too-large': refused(431, 'The headers are too large'),
  'header-timeout': refused(408, 'The headers did not arrive in time'),
  unauthenticated: refused(407, 'The proxy credentials of this execution are missing or wrong'),
  'invalid-host': refused(400, 'Not a valid host and port'),
  'method-not-allowed': refused(405, 'This method is not passed on'),
  'scheme-not-allowed': refused(400, 'Only http:// is proxied; for https:// open a tunnel with CONNECT'),
  'address-not-listed': refused(403, 'Addresses are refused unless the network policy lists them exactly'),
  'host-not-listed': refused(403, 'The network policy of this execution does not list this host'),
  'port-not-listed': refused(403, 'The network policy of this execution does not list this port of the host'),
  denied: refused(403, 'The network policy of this execution denies this host'),
  'tls-required': refused(403, 'Port 443 is reached through TLS only; use https://'),
  'use-plain-url': refused(403, 'Use http:// for this host; the proxy adds TLS and the credentials'),
  'non-public-address': refused(403, 'The host does not have a public address'),
  'address-mismatch': refused(403, 'The connection led to another address than the one that was checked'),
  'not-tls': refused(403, 'A tunnel has to open with a TLS greeting'),
  'no-server-name': refused(403, 'The TLS greeting names no server'),
  'server-name-mismatch': refused(403, 'The TLS greeting names another server than the tunnel'),
  'encrypted-client-hello': refused(403, 'An encrypted TLS greeting hides the server that it is for'),
  'connection-limit': refused(503, 'Too many connections at one time'),
  'request-limit': refused(429, 'This execution has used up its requests'),
  'byte-limit': refused(429, 'This execution has used up its bytes of network traffic'),
  'name-not-found': failed(502, 'The name of the host could not be resolved'),
  'connect-failed': failed(502, 'The host refused the connection or cannot be reached'),
  'connect-timeout': failed(504, 'The host did not answer in time'),
  'tls-failed': failed(502, 'No trusted TLS connection to the host could be made'),
  'greeting-timeout': failed(408, 'The TLS greeting did not arrive in time'),
  'ended-early': failed(502, 'The connection ended too early'),
}

/** Ends one request with a reason that stands in the table. Its text never holds anything of the request. */
export class EgressRefusal extends Error {
  readonly reason: Reason

  constructor(reason: Reason, options: ErrorOptions = {}) {
    super(REFUSALS[reason].sentence, options)
    this.name = 'EgressRefusal'
    this.reason = reason
  }
}
