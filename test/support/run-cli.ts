import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { COMPILE_CACHE } from './compile-cache.ts'
import { findPython } from './python.ts'

/** The command, from the sources. */
export const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts')

export interface CliOutcome {
  exitCode: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  wallMs: number
}

export interface CliOptions {
  environment?: Record<string, string>
  /** In place of this project's own. */
  program?: string
  workingFolder?: string
  input?: string
  /** A file descriptor in place of the pipe that is read. */
  stdout?: number
  /** Octal digits: the shell that starts the program sets it. */
  umask?: string
  /** Called with the process once it runs, to signal it. */
  onStart?: (child: ChildProcess) => void
}

/** A new, empty HANDAXE_HOME. */
export function createHome(): string {
  return mkdtempSync(join(tmpdir(), 'handaxe-home-'))
}

/** What a user's shell has, and nothing of this process's own. */
export function cliEnvironment(home: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    HANDAXE_HOME: home,
    HANDAXE_PYTHON: findPython(),
    ...COMPILE_CACHE,
    // A test leaves nothing running; those of the daemon ask for it.
    HANDAXE_DAEMON: 'never',
    // An address on which nothing listens: no test may find a real Ollama.
    OLLAMA_HOST: 'http://127.0.0.1:1',
  }
}

/**
 * Runs `handaxe` from the sources as a process with nothing of this environment but what a user's shell has:
 * no key, no configuration, colours off.
 */
export function runCli(home: string, args: string[], options: CliOptions = {}): Promise<CliOutcome> {
  const startedAt = performance.now()
  const program = ['--disable-warning=ExperimentalWarning', options.program ?? main, ...args]
  const [command, given] =
    options.umask === undefined
      ? [process.execPath, program]
      : ['/bin/sh', ['-c', `umask ${options.umask} && exec "$0" "$@"`, process.execPath, ...program]]
  const child = spawn(command, given, {
    cwd: options.workingFolder ?? home,
    env: { ...cliEnvironment(home), ...options.environment },
    stdio: ['pipe', options.stdout ?? 'pipe', 'pipe'],
  })
  options.onStart?.(child)
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(options.input ?? '')
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode, signal) =>
      resolve({ exitCode, signal, stdout, stderr, wallMs: performance.now() - startedAt }),
    )
  })
}
