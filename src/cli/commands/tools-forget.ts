import { forgetCalls } from '../../app/life/tool-life.ts'
import type { CommandContext } from '../command.ts'
import { confirm } from '../confirm.ts'
import { switchOption } from '../option-values.ts'
import { plural } from '../render/format.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const { options, positionals, terminal } = context
  const [name] = positionals
  const question = `Delete the kept calls of ${name ?? 'all tools'}?`
  const command = `handaxe tools forget ${name === undefined ? '' : `${name} `}--yes`
  if (!switchOption(options, 'yes') && !(await confirm(context, { question, what: 'Deleting calls', command }))) {
    terminal.writeProgress('Nothing was deleted.\n')
    return 1
  }
  const forgotten = await forgetCalls(await context.openApp(), name)
  if (switchOption(options, 'json')) terminal.writeResult(`${JSON.stringify({ name: name ?? null, forgotten })}\n`)
  else terminal.writeProgress(`${plural(forgotten, 'kept call')} deleted.\n`)
  return 0
}
