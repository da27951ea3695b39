import { setTimeout as delay } from 'node:timers/promises'
import type { Sandbox } from '../../contracts/sandbox.ts'
import { askDaemon, connectToDaemon } from './daemon-connection.ts'
import { openDaemonFolder, type DaemonFolder } from './daemon-folder.ts'
import { readRecord } from './daemon-record.ts'
import { DaemonSandbox } from './daemon-sandbox.ts'
import type { DaemonSettings } from './daemon-settings.ts'
import { DaemonUnusable } from './daemon-unusable.ts'
import { fromPortableError } from './portable-execution.ts'
import { PROTOCOL } from './protocol.ts'
import type { StartingDaemon } from './start-daemon.ts'

/** A daemon that is being started says so by its record within a fraction of this, also on a busy machine. */
const START_TIMEOUT_MS = 20_000
/** Opening a sandbox has a limit of its own of one minute. */
const OPEN_TIMEOUT_MS = 75_000
const LOOK_EVERY_MS = 10

export interface DaemonSandboxOptions {
  settings: DaemonSettings
  /** Whether one is started where none serves these settings. */
  start: boolean
  /** How long the daemon is to wait for the next client, in milliseconds. */
  idleMs: number
  signal?: AbortSignal | undefined
}

/**
 * The sandbox of a daemon with these settings and of this build; another build's daemon is replaced. Rejects with
 * `DaemonUnusable` where there is none and none can be started, and with the sandbox's own error where it cannot open one.
 */
export async function openDaemonSandbox(options: DaemonSandboxOptions): Promise<Sandbox> {
  const folder = openDaemonFolder(options.settings.sandbox.stateFolder)
  let starting: StartingDaemon | null = null
  try {
    const until = performance.now() + START_TIMEOUT_MS
    for (;;) {
      const sandbox = await tryOpen(folder, options)
      if (sandbox !== null) return sandbox
      if (!options.start) throw new DaemonUnusable('none is running')
      starting ??= await start(folder, options)
      const failure = starting?.failure() ?? null
      if (failure !== null) throw new DaemonUnusable(`it could not be started: ${failure}`)
      if (performance.now() > until) throw new DaemonUnusable(`it did not start within ${START_TIMEOUT_MS} ms`)
      await delay(LOOK_EVERY_MS, undefined, options.signal === undefined ? {} : { signal: options.signal })
    }
  } finally {
    starting?.release()
    folder.close()
  }
}

/** Its code is loaded only here: most calls find a daemon. */
async function start(folder: DaemonFolder, { settings, idleMs }: DaemonSandboxOptions): Promise<StartingDaemon | null> {
  const { startDaemon } = await import('./start-daemon.ts')
  return startDaemon(folder, settings, idleMs)
}

async function tryOpen(folder: DaemonFolder, options: DaemonSandboxOptions): Promise<Sandbox | null> {
  const { key, build, sandbox } = options.settings
  const record = readRecord(folder, key)
  if (record === null || record.protocol !== PROTOCOL || record.build !== build) return null
  const connection = await connectToDaemon(folder, record)
  if (connection === null) return null
  try {
    const reply = await askDaemon(connection, { type: 'open', idleMs: options.idleMs }, OPEN_TIMEOUT_MS)
    if (reply.type === 'opened') return new DaemonSandbox(connection, reply.guarantees, sandbox.stateFolder)
    connection.close()
    if (reply.type === 'unavailable') throw fromPortableError(reply.error)
    throw new DaemonUnusable(`it answered ${reply.type}`)
  } catch (error) {
    connection.close()
    // It was about to end when it was found: the next look finds its successor, or none.
    if (error instanceof DaemonUnusable && readRecord(folder, key)?.identity !== record.identity) return null
    throw error
  }
}
