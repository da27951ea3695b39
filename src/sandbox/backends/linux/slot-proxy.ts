import { closeSync, constants, openSync } from 'node:fs'
import {
  DEFAULT_NETWORK_LIMITS,
  type NetworkAllowList,
  type NetworkDecision,
  type NetworkReport,
} from '../../../contracts/network.ts'
import { openEgressProxy, type EgressProxyOptions } from '../../egress/open-egress-proxy.ts'
import { proxyEnvironment } from '../../egress/proxy-environment.ts'
import { createProxyToken } from '../../egress/proxy-token.ts'
import type { SlotNetwork } from './zygote.ts'

/** What a sandbox's proxies share: how names are found, and what else is trusted. */
export type EgressSettings = Pick<EgressProxyOptions, 'resolver' | 'extraCertificates' | 'unsafeTestOverrides'>

/** In a network namespace of its own any port is free. */
const PORT = 3128

export interface NetworkPlan {
  policy: NetworkAllowList
  token: string
  inside: SlotNetwork
}

/** What a slot has to know before its proxy is open. */
export function planNetwork(policy: NetworkAllowList): NetworkPlan {
  const token = createProxyToken()
  return { policy, token, inside: { port: PORT, environment: proxyEnvironment({ port: PORT, token }) } }
}

export interface SlotProxy {
  /** Ends every connection. Safe to call twice. */
  close(): Promise<NetworkReport>
}

/** Opens the proxy of one execution in its slot's folder. Rejects with `invalid_arguments` for a bad policy. */
export async function openSlotProxy(plan: NetworkPlan, folder: string, settings: EgressSettings): Promise<SlotProxy> {
  const decisions: NetworkDecision[] = []
  const mostDecisions = plan.policy.limits?.requests ?? DEFAULT_NETWORK_LIMITS.requests
  // As with the socket of the slots: a path through a descriptor always fits. Open until the socket is removed by it.
  const descriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    const proxy = await openEgressProxy({
      ...settings,
      policy: plan.policy,
      token: plan.token,
      socketPath: `/proc/self/fd/${descriptor}/socket`,
      // The sandbox's user is another one; the folders above are closed to all others.
      socketMode: 0o666,
      onDecision(decision) {
        if (decisions.length < mostDecisions) decisions.push(decision)
      },
    })
    let closed: Promise<NetworkReport> | undefined
    const close = async () => {
      try {
        return { usage: await proxy.close(), decisions }
      } finally {
        closeSync(descriptor)
      }
    }
    return { close: () => (closed ??= close()) }
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}
