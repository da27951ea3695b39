import { toolStatistics } from '../../app/life/tool-life.ts'
import type { CommandContext } from '../command.ts'
import { switchOption } from '../option-values.ts'
import { renderStatistics } from '../render/statistics.ts'

export async function runCommand({ options, positionals, terminal, openApp }: CommandContext): Promise<number> {
  const statistics = await toolStatistics(await openApp(), positionals[0])
  if (switchOption(options, 'json')) terminal.writeResult(`${JSON.stringify(statistics)}\n`)
  else if (statistics.versions.length === 0) terminal.writeProgress('The library is empty. `handaxe run` fills it.\n')
  else terminal.writeResult(`${renderStatistics(statistics, { causes: positionals[0] !== undefined })}\n`)
  return 0
}
