import { loadConfig } from '../../app/config.ts'
import { describeConfig } from '../../app/describe-config.ts'
import type { CommandContext } from '../command.ts'
import { switchOption } from '../option-values.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const config = loadConfig({ environment: context.environment, workingFolder: context.workingFolder })
  const shown = describeConfig(config)
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
