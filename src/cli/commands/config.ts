import { loadConfig } from '../../app/config.ts'
import { KEY_VARIABLES } from '../../app/select-gateway.ts'
import type { CommandContext } from '../command.ts'
import { switchOption } from '../option-values.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const { environment, ...config } = loadConfig({
    environment: context.environment,
    workingFolder: context.workingFolder,
  })
  // Which keys are set, never what they are.
  const keys = Object.fromEntries(KEY_VARIABLES.map((name) => [name, Boolean(environment[name])]))
  const shown = { ...config, keys }
  const { terminal } = context
  terminal.writeResult(
    `${switchOption(context.options, 'json') ? JSON.stringify(shown) : JSON.stringify(shown, null, 2)}\n`,
  )
  if (config.sources.length === 0 && !switchOption(context.options, 'json')) {
    terminal.writeProgress(
      `No configuration file was found; ${config.folders.config}/config.json and ./handaxe.json are looked at.\n`,
    )
  }
  return 0
}
