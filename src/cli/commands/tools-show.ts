import { showTool } from '../../app/operations.ts'
import type { CommandContext } from '../command.ts'
import { switchOption } from '../option-values.ts'
import { renderTool } from '../render/tool.ts'
import { toJsonText } from '../../domain/json/to-json-text.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const shown = await showTool(await context.openApp(), context.positionals[0] ?? '')
  context.terminal.writeResult(
    switchOption(context.options, 'json')
      ? `${toJsonText({ ...shown.tool, ledger: shown.ledger, record: shown.record, changes: shown.changes })}\n`
      : renderTool(shown, context.terminal.out),
  )
  return 0
}
