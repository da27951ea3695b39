import { spawn } from 'node:child_process'
import { HandaxeError } from '../../contracts/errors.ts'
import { printable } from './printable.ts'

export interface InstallerOutcome {
  exitCode: number
  stdout: string
  stderr: string
}

export interface InstallerOptions {
  cwd: string
  environment: Record<string, string | undefined>
  signal?: AbortSignal | undefined
  /** Every line of its output, cleaned of control characters and credentials. */
  onLine?: ((line: string) => void) | undefined
}

// The reason of a failure stands at the end; npm's JSON on stdout is small.
const KEPT_CHARACTERS = 1_000_000

/**
 * Runs a package manager to its end; a command that cannot start has exit code 127. An abort kills it with all that it
 * started, waits until they are gone, and rejects with `cancelled`.
 */
export function runInstaller(command: string, args: string[], options: InstallerOptions): Promise<InstallerOutcome> {
  const { signal } = options
  if (signal?.aborted) return Promise.reject(cancelled())
  return new Promise((resolve, reject) => {
    // A group of its own: pip and npm start helpers, which must end with them.
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      let line = ''
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] = (output[name] + text).slice(-KEPT_CHARACTERS)
        const lines = (line + text).split(/[\r\n]+/)
        line = (lines.pop() ?? '').slice(-KEPT_CHARACTERS)
        for (const one of lines) if (one.trim() !== '') options.onLine?.(printable(one, 300))
      })
    }
    const kill = (): void => killGroup(child.pid)
    signal?.addEventListener('abort', kill, { once: true })
    const finish = (exitCode: number): void => {
      signal?.removeEventListener('abort', kill)
      if (signal?.aborted) reject(cancelled())
      else resolve({ exitCode, ...output })
    }
    child.on('error', (error) => {
      output.stderr += error.message
      if (child.pid === undefined) finish(127)
    })
    child.on('close', (code) => finish(code ?? 128))
  })
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // It ended by itself just now.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

export function cancelled(): HandaxeError {
  return new HandaxeError('cancelled', 'Building the environment was cancelled; nothing of it was kept')
}
