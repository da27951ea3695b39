import { isIPv6 } from 'node:net'
import { canonicalHost, type CanonicalHost } from './canonical-host.ts'

/** One rule's host, read once. */
export type HostPattern = { kind: 'exact'; host: CanonicalHost } | { kind: 'below'; parent: string }

/** Reads `api.example.com`, `93.184.216.34`, `[2606:4700::1111]` or `*.example.com`; null for anything else. */
export function parseHostPattern(text: string): HostPattern | null {
  if (!text.startsWith('*.')) {
    const host = canonicalHost(isIPv6(text) ? `[${text}]` : text)
    return host === null ? null : { kind: 'exact', host }
  }
  // Read with a label in front, because the parent may be a single label: deny `*.zip`.
  const below = canonicalHost(`x.${text.slice(2)}`)
  return below?.kind === 'name' ? { kind: 'below', parent: below.host.slice(2) } : null
}

/** An address never matches a wildcard, and `*.example.com` does not match `example.com`. */
export function matchesHost(pattern: HostPattern, host: CanonicalHost): boolean {
  if (pattern.kind === 'exact') return pattern.host.kind === host.kind && pattern.host.host === host.host
  return host.kind === 'name' && host.host.endsWith(`.${pattern.parent}`)
}
