import { HandaxeError } from '../contracts/errors.ts'
import type { Sandbox } from '../contracts/sandbox.ts'
import { resolveDaemonSettings, type DaemonProgram } from '../sandbox/daemon/daemon-settings.ts'
import { openDaemonSandbox } from '../sandbox/daemon/open-daemon-sandbox.ts'
import type { SandboxOptions } from '../sandbox/sandbox-options.ts'

/** `auto` does without one where there can be none; `always` fails then. */
export const DAEMON_MODES = ['auto', 'always', 'never'] as const
export type DaemonMode = (typeof DAEMON_MODES)[number]

export interface DaemonSelection {
  mode: Exclude<DaemonMode, 'never'>
  program: DaemonProgram
  /** How long it waits for the next call, in milliseconds. */
  idleMs: number
  /** Whether one may be started; else only one that runs is used. */
  start: boolean
  signal?: AbortSignal
  /** Told why the call does without the daemon. */
  onUnused?: (reason: string) => void
}

/** Two Python processes are warm at any time, so that a loop never waits for one; 64 calls are served at a time. */
const POOL = { idlePython: 2, idleJavascript: 1, maxConcurrent: 64 } as const

/** What the daemon's own sandbox is opened with: always this machine's, since the others have no start to save. */
export function daemonSandboxOptions(options: SandboxOptions): SandboxOptions {
  return { ...options, ...POOL, backend: 'linux' }
}

/**
 * The sandbox of the daemon, or null where this call is to open one of its own. Nothing has been executed in either case.
 * Rejects with `sandbox_unavailable` where a daemon was demanded, and with `cancelled`.
 */
export async function openThroughDaemon(options: SandboxOptions, selection: DaemonSelection): Promise<Sandbox | null> {
  const { mode, program, idleMs, start, signal, onUnused } = selection
  if (options.backend === 'docker' || options.backend === 'e2b') {
    if (mode === 'auto') return null
    throw new HandaxeError('invalid_request', `The daemon does not serve the ${options.backend} backend`, {
      hint: 'Use --daemon never',
    })
  }
  try {
    const settings = resolveDaemonSettings(daemonSandboxOptions(options), program)
    return await openDaemonSandbox({ settings, idleMs, start, signal })
  } catch (error) {
    if (signal?.aborted) throw new HandaxeError('cancelled', 'Interrupted', { cause: error })
    const reason = error instanceof Error ? error.message : String(error)
    if (mode === 'always') {
      if (HandaxeError.isInstance(error)) throw error
      throw new HandaxeError('sandbox_unavailable', `The daemon cannot be used: ${reason}`, {
        hint: 'Use --daemon never',
        cause: error,
      })
    }
    // An error of the sandbox itself comes again, without the daemon, and is told then.
    if (start && !HandaxeError.isInstance(error)) onUnused?.(reason)
    return null
  }
}
