import { serve, toServeRequest } from '../../app/daemon.ts'
import { loadSettings } from '../../app/load-settings.ts'
import { HandaxeError } from '../../contracts/errors.ts'
import type { CommandContext } from '../command.ts'
import { daemonIdleMs, daemonProgram } from '../daemon-selection.ts'
import { switchOption } from '../option-values.ts'
import { readStandardInput } from '../read-standard-input.ts'

export async function runCommand({ environment, workingFolder, options, signal }: CommandContext): Promise<number> {
  if (switchOption(options, 'stdin')) {
    await serve(JSON.parse(await readStandardInput()), signal)
    return 0
  }
  const start = { program: daemonProgram(), idleMs: daemonIdleMs(environment), signal }
  const hasServed = await serve(await toServeRequest(await loadSettings(environment, workingFolder), start), signal)
  if (hasServed) return 0
  throw new HandaxeError('invalid_request', 'A daemon of this configuration runs already', {
    hint: 'See `handaxe daemon status`.',
  })
}
