import { setToolDisabled } from '../../app/life/tool-life.ts'
import type { CommandContext } from '../command.ts'
import { textOption } from '../option-values.ts'
import { showChanges } from '../render/changes.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const name = context.positionals[0] ?? ''
  const reason = textOption(context.options, 'reason') ?? ''
  return showChanges(context, name, await setToolDisabled(await context.openApp(), name, { disabled: true, reason }))
}
