import { startDaemon } from '../../app/daemon.ts'
import { loadSettings } from '../../app/load-settings.ts'
import type { CommandContext } from '../command.ts'
import { daemonIdleMs, daemonProgram } from '../daemon-selection.ts'
import { switchOption } from '../option-values.ts'
import { renderDaemons } from '../render/daemons.ts'

export async function runCommand({ environment, workingFolder, options, terminal, signal }: CommandContext) {
  const config = await loadSettings(environment, workingFolder)
  const start = { program: daemonProgram(), idleMs: daemonIdleMs(environment), signal }
  const daemons = await startDaemon(config, start)
  terminal.writeResult(switchOption(options, 'json') ? `${JSON.stringify({ daemons })}\n` : renderDaemons(daemons))
  return 0
}
