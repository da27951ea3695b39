import { searchTools } from '../../app/operations.ts'
import type { CommandContext } from '../command.ts'
import { numberOption, switchOption } from '../option-values.ts'
import { formatTable } from '../render/format.ts'
import { safeLine } from '../terminal.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const limit = numberOption(context.options, 'limit', { whole: true })
  const found = await searchTools(await context.openApp(), context.positionals.join(' '), {
    limit,
    signal: context.signal,
  })
  if (switchOption(context.options, 'json')) context.terminal.writeResult(`${JSON.stringify(found)}\n`)
  else if (found.length === 0) context.terminal.writeProgress('None fits.\n')
  else {
    const rows = found.map((tool) => [tool.name, `v${tool.version}`, tool.score.toFixed(2), safeLine(tool.summary)])
    context.terminal.writeResult(`${formatTable([['NAME', 'VERSION', 'SCORE', 'SUMMARY'], ...rows])}\n`)
  }
  return 0
}
