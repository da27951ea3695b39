import { annotateTool } from '../../app/life/tool-life.ts'
import type { CommandContext } from '../command.ts'
import { showChanges } from '../render/changes.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const [name = '', ...words] = context.positionals
  return showChanges(context, name, await annotateTool(await context.openApp(), name, words.join(' ').trim()))
}
