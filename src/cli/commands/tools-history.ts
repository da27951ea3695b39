import { toolHistory } from '../../app/life/tool-life.ts'
import type { CommandContext } from '../command.ts'
import { switchOption } from '../option-values.ts'
import { renderHistory } from '../render/changes.ts'

export async function runCommand({ options, positionals, terminal, openApp }: CommandContext): Promise<number> {
  const { record, changes } = await toolHistory(await openApp(), positionals[0] ?? '')
  const text = switchOption(options, 'json') ? JSON.stringify({ ...record, changes }) : renderHistory(record, changes)
  terminal.writeResult(`${text}\n`)
  return 0
}
