import { canonicalHost, type CanonicalHost } from './canonical-host.ts'
import { EgressRefusal } from './refusal.ts'

export interface Target {
  host: CanonicalHost
  port: number
}

export interface RequestTarget extends Target {
  scheme: 'http' | 'https'
  /** Path and query as they were sent. */
  path: string
}

// Both are matched as a whole: what does not fit is refused, nothing is repaired.
const AUTHORITY = /^(\[[^[\]]*\]|[^[\]:]*)(?::([1-9][0-9]{0,4}))?$/
const ABSOLUTE_FORM = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([/?][\x21\x22\x24-\x7e]*)?$/i

/** Reads the target of CONNECT, `host:port`; throws `invalid-host`. */
export function parseConnectTarget(text: string): Target {
  const target = parseAuthority(text, null)
  if (target === null) throw new EgressRefusal('invalid-host')
  return target
}

/** Reads `http://host:port/path?query`; throws `malformed-request`, `scheme-not-allowed`, `invalid-host`. */
export function parseRequestTarget(text: string): RequestTarget {
  const match = ABSOLUTE_FORM.exec(text)
  if (match === null) {
    // The part before the path decides: a bad host in a well-formed frame is told as what it is.
    throw new EgressRefusal(/^https?:\/\//i.test(text) ? 'invalid-host' : 'malformed-request')
  }
  const [, scheme = '', authority = '', rest = ''] = match
  const lowerCaseScheme = scheme.toLowerCase()
  if (lowerCaseScheme !== 'http' && lowerCaseScheme !== 'https') throw new EgressRefusal('scheme-not-allowed')
  const target = parseAuthority(authority, lowerCaseScheme === 'http' ? 80 : 443)
  if (target === null) throw new EgressRefusal('invalid-host')
  return { ...target, scheme: lowerCaseScheme, path: rest.startsWith('/') ? rest : `/${rest}` }
}

/** Reads the path of a plain request inside of a tunnel to `tunnel`; throws `malformed-request`. */
export function parseTunnelledTarget(text: string, tunnel: Target): RequestTarget {
  if (!/^\/[\x21\x22\x24-\x7e]*$/.test(text)) throw new EgressRefusal('malformed-request')
  return { ...tunnel, scheme: 'http', path: text }
}

function parseAuthority(text: string, defaultPort: number | null): Target | null {
  // Requests are ASCII; Unicode names are for people who write rules.
  if (!/^[\x21-\x7e]+$/.test(text)) return null
  const match = AUTHORITY.exec(text)
  if (match === null) return null
  const host = canonicalHost(match[1] ?? '')
  const port = match[2] === undefined ? defaultPort : Number(match[2])
  return host === null || port === null || port > 65_535 ? null : { host, port }
}
