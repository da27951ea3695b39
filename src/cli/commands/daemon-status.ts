import { daemonStatus } from '../../app/daemon.ts'
import { loadSettings } from '../../app/load-settings.ts'
import type { CommandContext } from '../command.ts'
import { switchOption } from '../option-values.ts'
import { renderDaemons } from '../render/daemons.ts'

export async function runCommand({ environment, workingFolder, options, terminal }: CommandContext): Promise<number> {
  const daemons = await daemonStatus(await loadSettings(environment, workingFolder))
  terminal.writeResult(switchOption(options, 'json') ? `${JSON.stringify({ daemons })}\n` : renderDaemons(daemons))
  return daemons.length > 0 ? 0 : 1
}
