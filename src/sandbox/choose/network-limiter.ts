import { HandaxeError } from '../../contracts/errors.ts'
import type { HostRule, NetworkAllowList } from '../../contracts/network.ts'
import type { NetworkCeiling } from '../../contracts/policy.ts'
import type { Sandbox } from '../../contracts/sandbox.ts'
import { parseHostRule } from '../../util/parse-host-rule.ts'
import { matchesHost, parseHostPattern, type HostPattern } from '../egress/host-pattern.ts'

interface Entry {
  pattern: HostPattern
  ports: readonly number[]
}

/** As in a rule without a port. */
const DEFAULT_PORTS = [443, 80] as const

/**
 * What makes of a sandbox one whose executions reach at the most what every one of the ceilings allows. Whoever asks for
 * more gets `invalid_arguments`, and nothing is executed. Throws `invalid_configuration` for an entry that is no host.
 */
export function networkLimiter(ceilings: readonly NetworkCeiling[]): (sandbox: Sandbox) => Sandbox {
  const allowed = ceilings.flatMap(({ allow }) => (allow === undefined ? [] : [allow.map(readEntry)]))
  const denied = ceilings.flatMap(({ deny = [] }) => deny.map(readRule))
  return (sandbox) => (ceilings.length === 0 ? sandbox : limitNetwork(sandbox, allowed, denied))
}

function limitNetwork(sandbox: Sandbox, allowed: readonly Entry[][], denied: readonly HostRule[]): Sandbox {
  return {
    get guarantees() {
      return sandbox.guarantees
    },
    close: () => sandbox.close(),
    async execute(execution) {
      const { network } = execution
      if (network?.mode !== 'allow-list') return sandbox.execute(execution)
      for (const rule of network.hosts) for (const ceiling of allowed) assertAllowed(rule, ceiling)
      const limited: NetworkAllowList = { ...network, deny: [...(network.deny ?? []), ...denied] }
      return sandbox.execute({ ...execution, network: limited })
    },
  }
}

function assertAllowed(rule: HostRule, ceiling: readonly Entry[]): void {
  const pattern = parseHostPattern(rule.host)
  const ports = rule.port === undefined ? DEFAULT_PORTS : [rule.port]
  // What is no host at all is refused by the proxy, with its own words.
  if (pattern === null) return
  const refused = ports.find(
    (port) => !ceiling.some((entry) => entry.ports.includes(port) && covers(entry.pattern, pattern)),
  )
  if (refused === undefined) return
  throw new HandaxeError('invalid_arguments', `The policy does not allow ${rule.host}:${refused}`, {
    hint: 'Add it to sandbox.network.allow in the configuration, or do without it',
    details: { host: rule.host, port: refused },
  })
}

function covers(outer: HostPattern, inner: HostPattern): boolean {
  if (inner.kind === 'exact') return matchesHost(outer, inner.host)
  return outer.kind === 'below' && (inner.parent === outer.parent || inner.parent.endsWith(`.${outer.parent}`))
}

function readEntry(text: string): Entry {
  const { host, port } = readRule(text)
  const pattern = parseHostPattern(host)
  if (pattern === null) throw notAHost(text)
  return { pattern, ports: port === undefined ? DEFAULT_PORTS : [port] }
}

function readRule(text: string): HostRule {
  try {
    const rule = parseHostRule(text)
    if (parseHostPattern(rule.host) !== null) return rule
  } catch (error) {
    if (!HandaxeError.isInstance(error)) throw error
  }
  throw notAHost(text)
}

function notAHost(text: string): HandaxeError {
  return new HandaxeError('invalid_configuration', `sandbox.network: ${JSON.stringify(text)} is not a host`, {
    hint: 'Write api.example.com, api.example.com:8443 or *.example.com',
  })
}
