import { realpathSync } from 'node:fs'
import type { DaemonMode, DaemonSelection } from '../app/open-through-daemon.ts'
import { HandaxeError } from '../contracts/errors.ts'
import type { CommandContext } from './command.ts'
import { choiceOption, listOption } from './option-values.ts'
import { safeText } from './terminal.ts'
import { readVersion } from './version.ts'

const MODES: readonly DaemonMode[] = ['auto', 'always', 'never']
/** Long enough for a person who edits and runs again; what waits costs memory only. */
const IDLE_MS = 5 * 60_000
const LONGEST_IDLE_MS = 24 * 3_600_000

/**
 * What `--daemon` and `HANDAXE_DAEMON` ask for. The daemon cannot call functions of this process: where they are offered,
 * it is used only if it is demanded, and refuses. Throws `invalid_request` and `invalid_configuration`.
 */
export function daemonSelection(context: CommandContext): { daemon?: DaemonSelection } {
  const { environment, options, signal, terminal } = context
  const mode = choiceOption(options, 'daemon', MODES) ?? configuredMode(environment['HANDAXE_DAEMON']) ?? 'auto'
  if (mode === 'never' || process.platform !== 'linux') return {}
  if (mode === 'auto' && listOption(options, 'host-functions').length > 0) return {}
  return {
    daemon: {
      mode,
      program: daemonProgram(),
      idleMs: daemonIdleMs(environment),
      // A job of continuous integration is to leave nothing behind.
      start: mode === 'always' || !environment['CI'],
      signal,
      onUnused: (reason) => terminal.writeProgress(`without the daemon: ${safeText(reason)}\n`),
    },
  }
}

/** This program, which is the daemon's as well. */
export function daemonProgram(): { path: string; version: string } {
  return { path: realpathSync(process.argv[1] ?? ''), version: readVersion() }
}

export function daemonIdleMs(environment: CommandContext['environment']): number {
  const text = environment['HANDAXE_DAEMON_IDLE_MS']
  if (!text) return IDLE_MS
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 1 && value <= LONGEST_IDLE_MS) return value
  throw new HandaxeError(
    'invalid_configuration',
    `HANDAXE_DAEMON_IDLE_MS takes whole milliseconds from 1 to ${LONGEST_IDLE_MS}, not "${text}"`,
  )
}

function configuredMode(text: string | undefined): DaemonMode | undefined {
  if (!text) return undefined
  const mode = MODES.find((candidate) => candidate === text)
  if (mode !== undefined) return mode
  throw new HandaxeError('invalid_configuration', `HANDAXE_DAEMON takes one of ${MODES.join(', ')}, not "${text}"`)
}
