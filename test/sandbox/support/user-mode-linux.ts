import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'

/** Everything takes ten to a hundred times as long in there as outside, and outside is busy too. */
export const GUEST_MS = 900_000

/** True where this process can start a Linux of its own that sees the machine's files as root. */
export const hasUserModeLinux = process.getuid?.() === 0 && spawnSync('linux.uml', ['--version']).status === 0

/**
 * Starts a Linux as a process, whose root is the machine's and whose first process is a shell with these arguments, and
 * waits for its end. Its messages are what is returned. `folder` is for its own files. Arguments may hold no blanks.
 */
export async function runUserModeLinux(folder: string, init: string[]): Promise<string> {
  const kernel = ['mem=1500M', 'rootfstype=hostfs', 'rootflags=/', 'rw', 'init=/bin/sh', 'quiet', `uml_dir=${folder}`]
  const args = [...kernel, 'con=null', 'con0=null,fd:1', '--', ...init]
  const environment = { PATH: process.env['PATH'] ?? '', HOME: folder, TMPDIR: folder }
  const options = { env: environment, timeout: GUEST_MS, maxBuffer: 16 * 1024 * 1024 }
  try {
    const { stdout } = await promisify(execFile)('linux.uml', args, options)
    return stdout
  } catch (error) {
    // Its exit code says nothing; its last messages do: what its first process lacked, or why it had no memory.
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string }
    throw new Error(`User-mode Linux ended too early: ${message}\n${`${stdout}${stderr}`.slice(-2000)}`, {
      cause: error,
    })
  }
}
