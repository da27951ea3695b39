import { stopAllDaemons } from '../../app/daemon.ts'
import { loadSettings } from '../../app/load-settings.ts'
import type { CommandContext } from '../command.ts'
import { switchOption } from '../option-values.ts'

export async function runCommand({ environment, workingFolder, options, terminal }: CommandContext): Promise<number> {
  const config = await loadSettings(environment, workingFolder)
  const stopped = await stopAllDaemons(config, { force: switchOption(options, 'force') })
  if (switchOption(options, 'json')) terminal.writeResult(`${JSON.stringify({ stopped })}\n`)
  else terminal.writeResult(stopped.length === 0 ? 'no daemon runs\n' : `stopped ${stopped.join(', ')}\n`)
  return 0
}
