import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates } from 'node:tls'
import type { NetworkAllowList, NetworkReport } from '../../contracts/network.ts'
import {
  openExecutionProxy,
  planNetwork,
  type EgressSettings,
  type ExecutionProxy,
  type GuestNetwork,
} from '../egress/execution-proxy.ts'

/** What the shortest of the systems (macOS) takes for the path of a socket. */
const LONGEST_SOCKET_PATH_BYTES = 103

/** The way out of one execution whose guest is reached through a relay alone. */
export interface RelayedNetwork {
  inside: GuestNetwork
  /** A new connection to the proxy, for the guest's. */
  connect(): Socket
  /** Ends every connection. Safe to call twice. */
  close(): Promise<NetworkReport>
}

/**
 * Opens the proxy of one execution where nobody but this user can connect to it: on a socket in a folder that is closed to
 * others, below `folder` where its path fits. Windows has no such sockets: there it listens on 127.0.0.1, and the token that
 * every request has to carry keeps others out. Rejects with `invalid_arguments` for a bad policy.
 */
export async function openRelayedNetwork(
  policy: NetworkAllowList,
  folder: string,
  settings: EgressSettings,
): Promise<RelayedNetwork> {
  const plan = planNetwork(policy)
  if (process.platform === 'win32') {
    const proxy = await openExecutionProxy(plan, settings, {})
    return toNetwork(plan.inside, proxy, () =>
      connect({ port: proxy.port ?? 0, host: '127.0.0.1', allowHalfOpen: true }),
    )
  }
  const place = await mkdtemp(join(fits(folder) ? folder : tmpdir(), 'network-'))
  const remove = () => rm(place, { recursive: true, force: true })
  try {
    const socketPath = join(place, 'socket')
    const proxy = await openExecutionProxy(plan, settings, { socketPath })
    return toNetwork(plan.inside, proxy, () => connect({ path: socketPath, allowHalfOpen: true }), remove)
  } catch (error) {
    await remove()
    throw error
  }
}

function toNetwork(
  inside: GuestNetwork,
  proxy: ExecutionProxy,
  connectToProxy: () => Socket,
  remove: () => Promise<void> = async () => {},
): RelayedNetwork {
  let closed: Promise<NetworkReport> | undefined
  return { inside, connect: connectToProxy, close: () => (closed ??= proxy.close().finally(remove)) }
}

/** With what `mkdtemp` and the name of the socket add. */
function fits(folder: string): boolean {
  return Buffer.byteLength(join(folder, 'network-123456', 'socket')) <= LONGEST_SOCKET_PATH_BYTES
}

let authorities: string | null = null

/** The certificate authorities that this machine trusts, in PEM: an image may have none. Read once. */
export function machineAuthorities(): string {
  authorities ??= [...new Set([...getCACertificates('default'), ...getCACertificates('system')])].join('\n')
  return authorities
}
