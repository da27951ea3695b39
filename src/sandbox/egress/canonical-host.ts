import { isIPv4, isIPv6, SocketAddress } from 'node:net'
import { domainToASCII } from 'node:url'

/** A host in the one spelling that is compared with rules, resolved, dialled and named in TLS. */
export interface CanonicalHost {
  kind: 'name' | 'ipv4' | 'ipv6'
  /** Lower case, A-labels, no final dot; an IPv6 address without brackets. */
  host: string
}

/** Bounds the work of the Unicode mapping. Four bytes for each character of the longest name. */
const LONGEST_TEXT = 1012

// What no spelling of a host contains, looked for before anything is decoded or mapped: control characters, space, and
// the delimiters of URLs, of ports, of zones and of percent-encoding.
// eslint-disable-next-line no-control-regex
const FORBIDDEN = /[\0-\x20"#%&'()*+,/:;<=>?@[\\\]^`{|}~\x7f]/
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
// The test of the URL standard for "this is meant as an IPv4 address": 127.1, 0x7f.1, 0177.0.0.1, 2130706433.
const NUMERIC_LABEL = /^(?:[0-9]+|0x[0-9a-f]*)$/

/**
 * The only reader of host names: rules and requests go through it, so that they cannot differ. Null for what has no
 * single meaning: control characters, percent-encoding, zones, `user@`, ports, names without a dot, labels that break
 * the rules of host names, and every numeric spelling of an address but four decimal numbers.
 */
export function canonicalHost(text: string): CanonicalHost | null {
  if (text.length === 0 || text.length > LONGEST_TEXT) return null
  if (text.startsWith('[')) return canonicalIpv6(text)
  if (FORBIDDEN.test(text)) return null
  // eslint-disable-next-line no-control-regex
  const isAscii = /^[\0-\x7f]*$/.test(text)
  const ascii = isAscii ? text.toLowerCase() : domainToASCII(text)
  const host = ascii.endsWith('.') ? ascii.slice(0, -1) : ascii
  if (host.length === 0 || host.length > 253) return null
  const labels = host.split('.')
  if (labels.length < 2 || !labels.every((label) => LABEL.test(label))) return null
  if (NUMERIC_LABEL.test(labels.at(-1) ?? '')) return isAscii && isIPv4(host) ? { kind: 'ipv4', host } : null
  // A made-up A-label decodes to nothing or to another name; the URL standard's mapping would not give it back.
  if (host.includes('xn--') && domainToASCII(host) !== host) return null
  return { kind: 'name', host }
}

/** How the host stands in a URL or a Host header. */
export function hostInUrl({ kind, host }: CanonicalHost): string {
  return kind === 'ipv6' ? `[${host}]` : host
}

/** The shortest spelling of an address without a zone, or null. */
export function canonicalAddress(address: string): string | null {
  if (isIPv4(address)) return address
  if (!isIPv6(address) || address.includes('%')) return null
  return new SocketAddress({ address, family: 'ipv6' }).address
}

function canonicalIpv6(text: string): CanonicalHost | null {
  const inner = /^\[([0-9a-f:.]{2,45})\]$/i.exec(text)?.[1]
  if (inner === undefined || !isIPv6(inner)) return null
  const host = canonicalAddress(inner)
  return host === null ? null : { kind: 'ipv6', host }
}
