import { isIPv6 } from 'node:net'
import { HandaxeError } from '../../contracts/errors.ts'
import type { DenyRule, HostRule, InjectedSecret, NetworkAllowList } from '../../contracts/network.ts'
import type { CanonicalHost } from './canonical-host.ts'
import { isHeaderValue, isInjectableHeader } from './header-names.ts'
import { matchesHost, parseHostPattern, type HostPattern } from './host-pattern.ts'
import { isPublicAddress } from './public-address.ts'

export type Verdict =
  | { allowed: true; requireTls: boolean }
  | { allowed: false; reason: 'denied' | 'address-not-listed' | 'host-not-listed' | 'port-not-listed' }

/** A policy, read and checked once; answers for one target at a time. */
export interface NetworkRules {
  decide(host: CanonicalHost, port: number): Verdict
  /** Whether a deny rule names this very address, to which a name was resolved. */
  deniesAddress(address: string, port: number): boolean
  /** Headers to add for this host at this TLS port; empty for most. */
  secretsFor(host: CanonicalHost, port: number): InjectedSecret[]
}

export interface CompileOptions {
  /** Which listed addresses are acceptable; the tests' way to a server of their own. */
  isPublicAddress?: (address: string) => boolean
}

interface Rule {
  pattern: HostPattern
  ports: readonly number[] | 'all'
  requireTls: boolean
}

const DEFAULT_PORTS = [443, 80] as const

/** Rejects with `invalid_arguments` for a rule that is broader than it looks, or a secret that no request could get. */
export async function compileRules(policy: NetworkAllowList, options: CompileOptions = {}): Promise<NetworkRules> {
  const isPublic = options.isPublicAddress ?? isPublicAddress
  // Written for callers without types as well: a list that is missing allows nothing, and nothing else is guessed.
  const allow: Rule[] = []
  for (const rule of policy.hosts ?? []) allow.push(await compileHostRule(rule, isPublic))
  const deny = (policy.deny ?? []).map(compileDenyRule)

  const rules: NetworkRules = {
    decide: (host, port) => decide(allow, deny, host, port),
    deniesAddress: (address, port) => {
      const host: CanonicalHost = { kind: isIPv6(address) ? 'ipv6' : 'ipv4', host: address }
      return isDenied(deny, host, port)
    },
    secretsFor: (host, port) => secrets.filter((secret) => secret.host === host.host && secret.port === port),
  }
  const secrets = compileSecrets(policy.secrets ?? [], rules)
  return rules
}

function decide(allow: Rule[], deny: Rule[], host: CanonicalHost, port: number): Verdict {
  if (isDenied(deny, host, port)) return { allowed: false, reason: 'denied' }
  const named = allow.filter((rule) => matchesHost(rule.pattern, host))
  if (named.length === 0) {
    return { allowed: false, reason: host.kind === 'name' ? 'host-not-listed' : 'address-not-listed' }
  }
  const matching = named.filter((rule) => hasPort(rule, port))
  if (matching.length === 0) return { allowed: false, reason: 'port-not-listed' }
  return { allowed: true, requireTls: matching.every((rule) => rule.requireTls) }
}

function isDenied(deny: Rule[], host: CanonicalHost, port: number): boolean {
  return deny.some((rule) => matchesHost(rule.pattern, host) && hasPort(rule, port))
}

function hasPort(rule: Rule, port: number): boolean {
  return rule.ports === 'all' || rule.ports.includes(port)
}

async function compileHostRule(rule: HostRule, isPublic: (address: string) => boolean): Promise<Rule> {
  const pattern = parsePattern(rule.host)
  if (pattern.kind === 'below' && (await isPublicSuffix(pattern.parent))) {
    throw invalid(`*.${pattern.parent} is a public suffix: anyone can own a name below it`, {
      hint: 'List the exact names, or a wildcard below a name that one owner holds, such as *.example.com',
    })
  }
  if (pattern.kind === 'exact' && pattern.host.kind !== 'name' && !isPublic(pattern.host.host)) {
    throw invalid(`${pattern.host.host} is not a public address; code in the sandbox never reaches private networks`, {
      hint: 'Offer what stands there as a host function',
    })
  }
  if (rule.port !== undefined) assertPort(rule.port)
  const ports = rule.port === undefined ? DEFAULT_PORTS : [rule.port]
  return { pattern, ports, requireTls: rule.requireTls !== false }
}

function compileDenyRule(rule: DenyRule): Rule {
  if (rule.port !== undefined) assertPort(rule.port)
  return { pattern: parsePattern(rule.host), ports: rule.port === undefined ? 'all' : [rule.port], requireTls: true }
}

function compileSecrets(secrets: InjectedSecret[], rules: NetworkRules): Required<InjectedSecret>[] {
  const compiled: Required<InjectedSecret>[] = []
  for (const { host: text, port = 443, header, value } of secrets) {
    const pattern = parsePattern(text)
    if (pattern.kind !== 'exact' || pattern.host.kind !== 'name') {
      throw invalid('A secret belongs to one exact host name', { hint: 'Repeat it for each name that needs it' })
    }
    const host = pattern.host.host
    assertPort(port)
    if (!rules.decide(pattern.host, port).allowed) {
      throw invalid(`A secret is given for ${host}:${port}, which the policy does not allow`, {
        hint: `Add { host: '${host}', port: ${port} } to hosts, or remove the secret`,
      })
    }
    // The value is in no message: what is wrong with it is said without it.
    if (!isInjectableHeader(header)) throw invalid(`The secret for ${host} names a header that cannot be added`)
    if (!isHeaderValue(value)) throw invalid(`The secret for ${host} is empty or has characters no header can carry`)
    const name = header.toLowerCase()
    if (compiled.some((other) => other.host === host && other.port === port && other.header.toLowerCase() === name)) {
      throw invalid(`Two secrets for ${host}:${port} set the header ${header}`)
    }
    compiled.push({ host, port, header, value })
  }
  return compiled
}

function parsePattern(text: string): HostPattern {
  const pattern = parseHostPattern(text)
  if (pattern !== null) return pattern
  throw invalid(`${JSON.stringify(text)} is not a host name, an address or a wildcard`, {
    hint: 'Write api.example.com, 93.184.216.34 or *.example.com: no scheme, no port, no path',
  })
}

/** The list is read only where a wildcard needs it: it takes 9 ms to load. An unknown last label counts as one. */
async function isPublicSuffix(name: string): Promise<boolean> {
  const { getPublicSuffix } = await import('tldts')
  return getPublicSuffix(name, { allowPrivateDomains: true }) === name
}

function assertPort(port: number): void {
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return
  throw invalid(`${String(port)} is not a port`, { hint: 'Ports are whole numbers from 1 to 65535' })
}

function invalid(message: string, options: { hint?: string } = {}): HandaxeError {
  return new HandaxeError('invalid_arguments', `Network policy: ${message}`, options)
}
