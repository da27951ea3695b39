import { retireUnused } from '../../app/life/retire-unused.ts'
import { retireTool } from '../../app/life/tool-life.ts'
import { HandaxeError } from '../../contracts/errors.ts'
import type { CommandContext } from '../command.ts'
import { switchOption, textOption } from '../option-values.ts'
import { showChanges } from '../render/changes.ts'
import { formatTable, plural } from '../render/format.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const [reference] = context.positionals
  const unused = switchOption(context.options, 'unused')
  if (unused === (reference !== undefined)) {
    throw new HandaxeError('invalid_request', 'Name one tool, or say --unused', {
      hint: 'handaxe tools retire NAME[@VERSION], or handaxe tools retire --unused',
    })
  }
  if (unused) return retireAllUnused(context)
  const reason = textOption(context.options, 'reason')
  const changes = await retireTool(await context.openApp(), reference ?? '', reason === undefined ? {} : { reason })
  return showChanges(context, (reference ?? '').replace(/@.*$/, ''), changes)
}

async function retireAllUnused({ options, terminal, openApp }: CommandContext): Promise<number> {
  const apply = switchOption(options, 'yes')
  const proposals = await retireUnused(await openApp(), { apply })
  if (switchOption(options, 'json')) {
    terminal.writeResult(`${JSON.stringify({ retired: apply, tools: proposals })}\n`)
    return 0
  }
  if (proposals.length === 0) {
    terminal.writeProgress('No tool is unused.\n')
    return 0
  }
  const rows = proposals.map(({ name, version, reason }) => [name, `v${version}`, reason])
  terminal.writeResult(`${formatTable([['NAME', 'VERSION', 'WHY'], ...rows])}\n`)
  terminal.writeProgress(
    apply ? `${plural(proposals.length, 'tool')} retired.\n` : 'Nothing was changed: --yes retires them.\n',
  )
  return 0
}
