import { HandaxeError } from '../contracts/errors.ts'
import { listDaemons, stopDaemons, type DaemonReport } from '../sandbox/daemon/control-daemons.ts'
import { resolveDaemonSettings, type DaemonProgram } from '../sandbox/daemon/daemon-settings.ts'
import { DaemonUnusable } from '../sandbox/daemon/daemon-unusable.ts'
import type { ServeRequest } from '../sandbox/daemon/start-daemon.ts'
import { createFolder } from './create-folder.ts'
import { sandboxOptions } from './open-app.ts'
import { daemonSandboxOptions, openThroughDaemon } from './open-through-daemon.ts'
import type { Config } from './resolve-config.ts'

export type { DaemonReport } from '../sandbox/daemon/control-daemons.ts'

export interface DaemonStart {
  program: DaemonProgram
  idleMs: number
  signal: AbortSignal
}

/** Starts the daemon of this configuration where it does not run, and settles when its sandbox is open. */
export async function startDaemon(config: Config, start: DaemonStart): Promise<DaemonReport[]> {
  await createFolder(config.folders.state)
  const sandbox = await openThroughDaemon(sandboxOptions(config), { ...start, mode: 'always', start: true })
  await sandbox?.close()
  return listDaemons(config.folders.state)
}

export async function daemonStatus(config: Config): Promise<DaemonReport[]> {
  await createFolder(config.folders.state)
  return listDaemons(config.folders.state)
}

/** Their process ids. */
export async function stopAllDaemons(config: Config, options: { force: boolean }): Promise<number[]> {
  await createFolder(config.folders.state)
  return stopDaemons(config.folders.state, options)
}

/** What a daemon of this configuration serves with. */
export async function toServeRequest(config: Config, { program, idleMs }: DaemonStart): Promise<ServeRequest> {
  await createFolder(config.folders.state)
  return { settings: resolveDaemonSettings(daemonSandboxOptions(sandboxOptions(config)), program), idleMs }
}

/** Serves until it is idle or stopped; false where another daemon with these settings runs already. */
export async function serve({ settings, idleMs }: ServeRequest, signal: AbortSignal): Promise<boolean> {
  const { serveDaemon } = await import('../sandbox/daemon/serve-daemon.ts')
  try {
    const outcome = await serveDaemon({
      settings,
      idleMs,
      signal,
      // Clients find it while its code is still being loaded.
      openSandbox: async (options) => (await import('../sandbox/open-sandbox.ts')).openSandbox(options),
    })
    return outcome === 'served'
  } catch (error) {
    if (!(error instanceof DaemonUnusable)) throw error
    throw new HandaxeError('sandbox_unavailable', `There can be no daemon: ${error.message}`, { cause: error })
  }
}
