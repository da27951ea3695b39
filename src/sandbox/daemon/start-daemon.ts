import { spawn } from 'node:child_process'
import type { DaemonFolder } from './daemon-folder.ts'
import type { DaemonSettings } from './daemon-settings.ts'
import { endClaim, takeClaim } from './start-claim.ts'

/** What `daemon serve` reads from its standard input. */
export interface ServeRequest {
  settings: DaemonSettings
  idleMs: number
}

export interface StartingDaemon {
  /** Why it has ended, or null while it runs. */
  failure(): string | null
  /** Lets the process be, whatever becomes of it. */
  release(): void
}

/**
 * Starts a daemon as a process of its own, in a session of its own, with nothing of this process's environment but what
 * the settings name. Null where another process is doing that at this moment.
 */
export function startDaemon(folder: DaemonFolder, settings: DaemonSettings, idleMs: number): StartingDaemon | null {
  if (!takeClaim(folder, settings.key)) return null
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', settings.program, 'daemon', 'serve', '--stdin'],
    {
      cwd: '/',
      env: settings.environment,
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
    },
  )
  let failure: string | null = null
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-2000)))
  child.on('error', (error) => (failure = error.message))
  child.on('close', (code, signal) => {
    if (code !== 0) failure = complaint.trim() || `it ended by ${signal ?? `code ${code}`}`
  })
  child.stdin.on('error', () => {})
  child.stdin.end(JSON.stringify({ settings, idleMs } satisfies ServeRequest))
  return {
    failure: () => failure,
    release: () => {
      endClaim(folder, settings.key)
      child.stderr.destroy()
      child.unref()
    },
  }
}
