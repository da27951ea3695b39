import { loadConfig } from '../../app/config.ts'
import { removeEnvironment } from '../../app/environments.ts'
import type { CommandContext } from '../command.ts'
import { switchOption } from '../option-values.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const { terminal, positionals, environment, workingFolder } = context
  const config = loadConfig({ environment, workingFolder })
  for (const name of positionals) {
    await removeEnvironment(config, name)
    terminal.writeProgress(`· ${name} is removed\n`)
  }
  if (switchOption(context.options, 'json')) terminal.writeResult(`${JSON.stringify({ removed: positionals })}\n`)
  return 0
}
