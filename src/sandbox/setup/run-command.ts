import { spawn } from 'node:child_process'

export interface CommandOutcome {
  exitCode: number
  stdout: string
  stderr: string
}

export interface CommandOptions {
  environment: Record<string, string | undefined>
  signal?: AbortSignal
  /** Passes the command's input through, for `sudo` to ask for a password. */
  interactive?: boolean
  timeoutMs?: number
  /** What it makes can be read by every user, as the sandbox's own has to, whatever the umask is. */
  makesOpenFiles?: boolean
}

const KEPT_CHARACTERS = 200_000

/** Runs a trusted command of the set-up to its end; never rejects: a command that cannot start has exit code 127. */
export function runCommand(command: string, args: string[], options: CommandOptions): Promise<CommandOutcome> {
  return new Promise((resolve) => {
    // Node cannot set the umask of a child alone.
    const [program, ...given] = options.makesOpenFiles
      ? ['/bin/sh', '-c', 'umask 022 && exec "$0" "$@"', command, ...args]
      : [command, ...args]
    const child = spawn(program ?? command, given, {
      env: options.environment,
      stdio: [options.interactive ? 'inherit' : 'ignore', 'pipe', 'pipe'],
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    })
    let stdout = ''
    let stderr = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(-KEPT_CHARACTERS)
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-KEPT_CHARACTERS)
    })
    child.on('error', (error) => resolve({ exitCode: 127, stdout, stderr: stderr + error.message }))
    child.on('close', (code) => resolve({ exitCode: code ?? 128, stdout, stderr }))
  })
}
