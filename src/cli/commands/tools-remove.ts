import { removeTool } from '../../app/operations.ts'
import type { CommandContext } from '../command.ts'
import { confirm } from '../confirm.ts'
import { switchOption } from '../option-values.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const name = context.positionals[0] ?? ''
  if (!switchOption(context.options, 'yes') && !(await confirmRemoval(context, name))) {
    context.terminal.writeProgress('Nothing was removed.\n')
    return 1
  }
  await removeTool(await context.openApp(), name)
  context.terminal.writeProgress(`${name} was removed.\n`)
  return 0
}

function confirmRemoval(context: CommandContext, name: string): Promise<boolean> {
  return confirm(context, {
    question: `Remove ${name} with all its versions?`,
    what: 'Removing a tool',
    command: `handaxe tools remove ${name} --yes`,
  })
}
