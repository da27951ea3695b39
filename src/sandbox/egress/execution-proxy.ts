import {
  DEFAULT_NETWORK_LIMITS,
  type NetworkAllowList,
  type NetworkDecision,
  type NetworkReport,
} from '../../contracts/network.ts'
import type { EgressSettings } from './egress-settings.ts'
import { openEgressProxy, type EgressProxyOptions } from './open-egress-proxy.ts'
import { proxyEnvironment } from './proxy-environment.ts'
import { createProxyToken } from './proxy-token.ts'

export type { EgressSettings } from './egress-settings.ts'

/** In a network namespace of its own any port is free. */
const PORT = 3128

/** The way to the proxy of an execution, as it is inside. */
export interface GuestNetwork {
  /** On 127.0.0.1. */
  port: number
  /** Variables by which programs find it. */
  environment: Record<string, string>
}

export interface NetworkPlan {
  policy: NetworkAllowList
  token: string
  inside: GuestNetwork
}

/** What a guest has to know before its proxy is open. */
export function planNetwork(policy: NetworkAllowList): NetworkPlan {
  const token = createProxyToken()
  return { policy, token, inside: { port: PORT, environment: proxyEnvironment({ port: PORT, token }) } }
}

export interface ExecutionProxy {
  /** Where it listens: a port of 127.0.0.1 where no socket file was asked for. */
  readonly port: number | null
  /** Ends every connection. Safe to call twice. */
  close(): Promise<NetworkReport>
}

/** Opens the proxy of one execution and keeps its decisions. Rejects with `invalid_arguments` for a bad policy. */
export async function openExecutionProxy(
  { policy, token }: NetworkPlan,
  settings: EgressSettings,
  place: Pick<EgressProxyOptions, 'socketPath' | 'socketMode'>,
): Promise<ExecutionProxy> {
  const decisions: NetworkDecision[] = []
  const mostDecisions = policy.limits?.requests ?? DEFAULT_NETWORK_LIMITS.requests
  const proxy = await openEgressProxy({
    ...settings,
    ...place,
    policy,
    token,
    onDecision(decision) {
      if (decisions.length < mostDecisions) decisions.push(decision)
    },
  })
  return { port: proxy.port, close: async () => ({ usage: await proxy.close(), decisions }) }
}
