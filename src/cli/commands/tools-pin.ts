import { pinTool } from '../../app/life/tool-life.ts'
import type { CommandContext } from '../command.ts'
import { showChanges } from '../render/changes.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const reference = context.positionals[0] ?? ''
  return showChanges(context, reference.replace(/@.*$/, ''), await pinTool(await context.openApp(), reference))
}
