import { rollbackTool } from '../../app/life/tool-life.ts'
import type { CommandContext } from '../command.ts'
import { textOption } from '../option-values.ts'
import { showChanges } from '../render/changes.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const [name = '', version] = context.positionals
  const reason = textOption(context.options, 'reason')
  const reference = version === undefined ? name : `${name}@${version}`
  const changes = await rollbackTool(await context.openApp(), reference, reason === undefined ? {} : { reason })
  return showChanges(context, name.replace(/@.*$/, ''), changes)
}
