const MIB = 1024 * 1024

/** What the code of one execution may reach. There is no third mode: without a list nothing is reachable. */
export type NetworkPolicy = { mode: 'none' } | NetworkAllowList

/**
 * Opens an HTTP and HTTPS proxy for one execution; nothing else leaves the sandbox. Only public addresses are ever
 * reached, whatever a rule or a resolver says.
 */
export interface NetworkAllowList {
  mode: 'allow-list'
  /** What may be reached. Empty means nothing. */
  hosts: HostRule[]
  /** What may not be reached although `hosts` says so. Always wins. */
  deny?: DenyRule[]
  /** Credentials that the proxy adds, so that the code never holds them. */
  secrets?: InjectedSecret[]
  limits?: Partial<NetworkLimits>
}

export interface HostRule {
  /**
   * An exact name (`api.example.com`), an exact public address (`93.184.216.34`, `[2606:4700::1111]`), or all names
   * below one (`*.example.com`, which leaves out `example.com` itself). No wildcard on a public suffix (`*.co.uk`).
   */
  host: string
  /** Absent: 443 and 80. */
  port?: number
  /**
   * Default true: a tunnel has to open with a TLS greeting that names this very host, so that it cannot be turned
   * into another protocol or, by the name, into another site. To another port than 443 it may also carry plain
   * requests, which are read and decided one by one. With false the bytes of the tunnel are not looked at.
   */
  requireTls?: boolean
}

export interface DenyRule {
  /** As in `HostRule`; a wildcard may be as broad as it likes. */
  host: string
  /** Absent: every port. */
  port?: number
}

/**
 * A header that the proxy adds to every request for this host. The code asks for `http://host/…` and the proxy speaks
 * TLS with the host; a tunnel to this host and port is refused, because nothing could be added inside it. The execution
 * that carries this value must not be written to a journal or a log.
 */
export interface InjectedSecret {
  /** An exact name that `hosts` allows. */
  host: string
  /** The TLS port of the host; absent: 443. `http://host/` and `http://host:80/` mean port 443 too. */
  port?: number
  header: string
  value: string
}

/** Bounds of one execution's traffic. */
export interface NetworkLimits {
  /** Connections of the code to the proxy at one time. */
  connections: number
  /** Requests of the execution in all, refused ones too: bounds the log and the look-ups. */
  requests: number
  /** Bytes in both directions of the whole execution. */
  bytes: number
  /** Bytes of the headers of one request, or of the TLS greeting of one tunnel. */
  headerBytes: number
  /** Look-up, connection and TLS handshake together; also the time for the headers or the greeting to arrive. */
  connectTimeoutMs: number
  /** Silence in both directions after which a connection is ended. */
  idleTimeoutMs: number
}

export const DEFAULT_NETWORK_LIMITS: Readonly<NetworkLimits> = Object.freeze({
  connections: 16,
  requests: 1000,
  bytes: 50 * MIB,
  headerBytes: 16 * 1024,
  connectTimeoutMs: 30_000,
  idleTimeoutMs: 30_000,
})

/** Why a request was refused: the policy, or the form of the request. */
export type NetworkRefusal =
  | 'malformed-request'
  | 'header-too-large'
  | 'header-timeout'
  | 'unauthenticated'
  | 'invalid-host'
  | 'method-not-allowed'
  | 'scheme-not-allowed'
  | 'address-not-listed'
  | 'host-not-listed'
  | 'port-not-listed'
  | 'denied'
  | 'tls-required'
  | 'use-plain-url'
  | 'non-public-address'
  | 'address-mismatch'
  | 'not-tls'
  | 'no-server-name'
  | 'server-name-mismatch'
  | 'encrypted-client-hello'
  | 'connection-limit'
  | 'request-limit'
  | 'byte-limit'

/** Why an allowed request did not reach its host. */
export type NetworkFailure =
  | 'name-not-found'
  | 'connect-failed'
  | 'connect-timeout'
  | 'tls-failed'
  | 'greeting-timeout'
  | 'ended-early'

/** One per request, written when its fate is known and before a byte of it reaches the host. Holds no secret. */
export interface NetworkDecision {
  /** Counts the requests of one proxy from 1. */
  id: number
  /** A tunnel for TLS, or a plain request. */
  kind: 'tunnel' | 'request' | 'unknown'
  /** In canonical form; null where none could be read. */
  host: string | null
  port: number | null
  outcome: 'allowed' | 'refused' | 'failed'
  reason: 'listed' | NetworkRefusal | NetworkFailure
  /** The address that was dialled. */
  address: string | null
}

/** The end of a request that was allowed. */
export interface NetworkTransfer {
  /** That of the decision. */
  id: number
  host: string
  port: number
  bytesSent: number
  bytesReceived: number
  durationMs: number
  ended: 'complete' | 'byte-limit' | 'idle-timeout' | 'aborted'
}

/** What one execution did with its network. */
export interface NetworkReport {
  usage: NetworkUsage
  /** In the order in which they were made; at most `limits.requests`. Those that came after are only counted. */
  decisions: NetworkDecision[]
}

/** What one execution's proxy counted. */
export interface NetworkUsage {
  requests: number
  allowed: number
  refused: number
  failed: number
  /** How often each reason was given, `listed` among them. */
  reasons: Partial<Record<NetworkDecision['reason'], number>>
  bytesSent: number
  bytesReceived: number
}
