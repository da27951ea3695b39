import { closeSync, constants, openSync } from 'node:fs'
import type { NetworkReport } from '../../../contracts/network.ts'
import { openExecutionProxy, type EgressSettings, type NetworkPlan } from '../../egress/execution-proxy.ts'

export interface SlotProxy {
  /** Ends every connection. Safe to call twice. */
  close(): Promise<NetworkReport>
}

/** Opens the proxy of one execution in its slot's folder. Rejects with `invalid_arguments` for a bad policy. */
export async function openSlotProxy(plan: NetworkPlan, folder: string, settings: EgressSettings): Promise<SlotProxy> {
  // As with the socket of the slots: a path through a descriptor always fits. Open until the socket is removed by it.
  const descriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    const proxy = await openExecutionProxy(plan, settings, {
      socketPath: `/proc/self/fd/${descriptor}/socket`,
      // The sandbox's user is another one; the folders above are closed to all others.
      socketMode: 0o666,
    })
    let closed: Promise<NetworkReport> | undefined
    return { close: () => (closed ??= proxy.close().finally(() => closeSync(descriptor))) }
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}
