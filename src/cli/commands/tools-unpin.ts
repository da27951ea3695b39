import { unpinTool } from '../../app/life/tool-life.ts'
import type { CommandContext } from '../command.ts'
import { showChanges } from '../render/changes.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const name = context.positionals[0] ?? ''
  return showChanges(context, name, await unpinTool(await context.openApp(), name))
}
