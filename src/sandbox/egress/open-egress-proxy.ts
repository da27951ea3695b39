import { once } from 'node:events'
import { chmod } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { HandaxeError } from '../../contracts/errors.ts'
import type { NetworkAllowList, NetworkDecision, NetworkTransfer, NetworkUsage } from '../../contracts/network.ts'
import { compileRules } from './compile-rules.ts'
import type { Connect, EgressContext } from './egress-context.ts'
import type { EgressSettings } from './egress-settings.ts'
import { Ledger } from './ledger.ts'
import { createProxyServer } from './proxy-server.ts'
import { createProxyToken } from './proxy-token.ts'
import { connectToAddress } from './reach-host.ts'
import { isReachableAddress } from './reachable-address.ts'
import { resolveNetworkLimits } from './resolve-limits.ts'
import { createNameServerResolver } from './resolve-name.ts'

export interface EgressProxyOptions extends EgressSettings {
  policy: NetworkAllowList
  /** Unix socket to listen on, at most 107 bytes, in a folder that only this execution can reach. Absent: 127.0.0.1. */
  socketPath?: string
  /** Of the socket file; default 0o600. A sandbox that runs as another user needs more. */
  socketMode?: number
  /** Default: 256 random bits. */
  token?: string
  /** Once for every request, before a byte of it reaches its host. If it throws, nothing is passed on. */
  onDecision?: (decision: NetworkDecision) => void
  /** At the end of every request that was allowed. */
  onTransfer?: (transfer: NetworkTransfer) => void
  unsafeTestOverrides?: NonNullable<EgressSettings['unsafeTestOverrides']> & { connect?: Connect }
}

/** The only way out of one execution. */
export interface EgressProxy {
  /** Asked of every request; worthless after `close`. */
  readonly token: string
  /** Where it listens: one of the two is null. */
  readonly socketPath: string | null
  readonly port: number | null
  readonly usage: NetworkUsage
  /**
   * Ends every connection, removes the socket file and gives what was counted. Rejects, when all that is done, with
   * what a callback threw. Safe to call twice.
   */
  close(): Promise<NetworkUsage>
}

/** What fits in `sockaddr_un.sun_path` with its final NUL. */
const LONGEST_SOCKET_PATH_BYTES = 107

/**
 * Opens the proxy of one execution: HTTP CONNECT for TLS, and plain requests in absolute form, to what the policy
 * lists and to public addresses only. Rejects with `invalid_arguments` for a bad policy or path, and with
 * `sandbox_unavailable` where it cannot listen.
 *
 * Not stopped: what an allowed host is itself used for (storage, mail, another name behind the same front inside of
 * TLS, its own proxies), names below an allowed wildcard as a channel through DNS, and timing.
 */
export async function openEgressProxy(options: EgressProxyOptions): Promise<EgressProxy> {
  const closing = new AbortController()
  const context = await createContext(options, closing.signal)
  const proxy = createProxyServer(context)
  const listening = once(proxy.server, 'listening')
  const { socketPath = null } = options
  try {
    if (socketPath === null) proxy.server.listen(0, '127.0.0.1')
    else proxy.server.listen(socketPath)
    await listening
    if (socketPath !== null) await chmod(socketPath, options.socketMode ?? 0o600)
  } catch (error) {
    await proxy.end()
    throw new HandaxeError('sandbox_unavailable', 'The network proxy of an execution cannot listen', {
      hint: 'Check that the folder of its socket exists, can be written and has no socket of that name',
      cause: error,
    })
  }
  const address = proxy.server.address()
  let closed: Promise<NetworkUsage> | undefined
  return {
    token: context.token,
    socketPath,
    port: isAddressInfo(address) ? address.port : null,
    get usage() {
      return context.ledger.usage
    },
    close: () => (closed ??= close()),
  }

  async function close(): Promise<NetworkUsage> {
    closing.abort()
    const faults = await proxy.end()
    if (context.ledger.logFailure !== null) throw context.ledger.logFailure.error
    if (faults.length > 0) throw faults[0]
    return context.ledger.usage
  }
}

async function createContext(options: EgressProxyOptions, signal: AbortSignal): Promise<EgressContext> {
  const { policy, socketPath, unsafeTestOverrides: overrides = {} } = options
  if (policy.mode !== 'allow-list') {
    throw new HandaxeError('invalid_arguments', 'A network proxy needs a policy with an allow-list', {
      hint: "Open none for { mode: 'none' }",
    })
  }
  if (socketPath !== undefined && Buffer.byteLength(socketPath) > LONGEST_SOCKET_PATH_BYTES) {
    throw new HandaxeError('invalid_arguments', `The path of the proxy's socket is longer than the system allows`, {
      hint: `Use a folder with a shorter name: at most ${LONGEST_SOCKET_PATH_BYTES} bytes in all`,
    })
  }
  const limits = resolveNetworkLimits(policy.limits)
  const reachable = overrides.isReachableAddress
  return {
    rules: await compileRules(policy, reachable === undefined ? {} : { isPublicAddress: reachable }),
    limits,
    ledger: new Ledger({ limits, onDecision: options.onDecision, onTransfer: options.onTransfer }),
    token: options.token ?? createProxyToken(),
    resolver: options.resolver ?? createNameServerResolver(),
    isReachableAddress: reachable ?? isReachableAddress,
    connect: overrides.connect ?? connectToAddress,
    extraCertificates: options.extraCertificates ?? [],
    signal,
  }
}

function isAddressInfo(address: AddressInfo | string | null): address is AddressInfo {
  return address !== null && typeof address === 'object'
}
