import { execFile } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { findCommand } from './find-command.ts'

/** Of one command. A systemd that answers does so in tens of milliseconds; one that waits for a bus, for 25 seconds. */
const COMMAND_TIMEOUT_MS = 30_000

/** The systemd of the user that handaxe runs as, reached through its own commands. */
export interface UserSystemd {
  systemdRun: string
  systemctl: string
  runtimeFolder: string
  /** All that the commands get: what they have to find, and messages in English. */
  environment: Record<string, string>
}

/** The systemd that manages this user's programs, or the reason why it cannot be reached. Starts nothing. */
export function findUserSystemd(
  environment: Record<string, string | undefined>,
  userId: number,
): UserSystemd | { reason: string } {
  const systemdRun = findCommand('systemd-run', environment['PATH'])
  const systemctl = findCommand('systemctl', environment['PATH'])
  if (systemdRun === null || systemctl === null) return { reason: 'there is no systemd-run' }
  // Not set by cron, su and sudo; the place is the same.
  const runtimeFolder = environment['XDG_RUNTIME_DIR'] || `/run/user/${userId}`
  const isOwn = statSync(runtimeFolder, { throwIfNoEntry: false })?.uid === userId
  const isThere = isOwn && ['systemd/private', 'bus'].some((name) => isSocket(join(runtimeFolder, name)))
  if (!isThere) return { reason: `no systemd of this user is reached at ${runtimeFolder}` }
  return { systemdRun, systemctl, runtimeFolder, environment: { XDG_RUNTIME_DIR: runtimeFolder, LC_ALL: 'C' } }
}

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() === true
}

/** Output of a trusted command; rejects with an error whose message is the last thing that it said. */
export function runCommand(command: string, args: string[], environment: Record<string, string>): Promise<string> {
  const options = { cwd: '/', env: environment, timeout: COMMAND_TIMEOUT_MS, killSignal: 'SIGKILL', encoding: 'utf8' }
  return new Promise((resolve, reject) => {
    execFile(command, args, options as { encoding: 'utf8' }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout)
      const late = error.killed === true ? `no answer within ${COMMAND_TIMEOUT_MS / 1000} s` : error.message
      reject(new Error(stderr.trim().split('\n').at(-1) || late, { cause: error }))
    }).stdin?.end()
  })
}
