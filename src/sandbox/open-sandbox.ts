import type { Sandbox } from '../contracts/sandbox.ts'
import { disposable } from '../util/disposable.ts'
import { networkLimiter } from './choose/network-limiter.ts'
import { openChosen } from './choose/open-chosen.ts'
import type { SandboxOptions } from './sandbox-options.ts'

export type { SandboxOptions } from './sandbox-options.ts'

/**
 * Opens the sandbox of this machine. Rejects with `sandbox_unavailable` and what to install or to change; there is no
 * other way to execute code, so nothing is executed then. Close it, or open it with `await using`.
 */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox & AsyncDisposable> {
  const limitNetwork = networkLimiter(options.network ?? [])
  const { sandbox } = await openChosen(options)
  return disposable(limitNetwork(sandbox))
}
