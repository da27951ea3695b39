import { loadSettings } from '../../app/load-settings.ts'
import { removeSession } from '../../app/sessions.ts'
import type { CommandContext } from '../command.ts'
import { switchOption } from '../option-values.ts'

export async function runCommand({ environment, workingFolder, options, positionals, terminal }: CommandContext) {
  const [name = ''] = positionals
  await removeSession(await loadSettings(environment, workingFolder), name)
  terminal.writeResult(switchOption(options, 'json') ? `${JSON.stringify({ removed: name })}\n` : `removed ${name}\n`)
  return 0
}
