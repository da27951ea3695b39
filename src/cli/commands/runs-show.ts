import { showRun } from '../../app/operations.ts'
import type { CommandContext } from '../command.ts'
import { switchOption, textOption } from '../option-values.ts'
import { renderEvent } from '../render/event-lines.ts'
import { renderRunResult } from '../render/run-result.ts'
import { safeText } from '../terminal.ts'
import { toJsonText } from '../../domain/json/to-json-text.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const step = textOption(context.options, 'value')
  if (step !== undefined) {
    const { readRunValue } = await import('../../app/read-run-value.ts')
    const value = await readRunValue(await context.openApp(), context.positionals[0] ?? '', step)
    context.terminal.writeResult(`${toJsonText(value, { digits: true })}\n`)
    return 0
  }
  const { run, events } = await showRun(await context.openApp(), context.positionals[0] ?? '')
  const { terminal } = context
  if (switchOption(context.options, 'json')) terminal.writeResult(`${toJsonText({ ...run, events })}\n`)
  else if (switchOption(context.options, 'events'))
    for (const event of events) terminal.writeResult(`${toJsonText(event)}\n`)
  else {
    terminal.writeResult(`${run.runId} ${run.status} ${run.startedAt}\n`)
    for (const event of events) {
      const lines = renderEvent(event, { colors: terminal.out, verbose: switchOption(context.options, 'verbose') })
      if (lines !== '') terminal.writeResult(`${lines}\n`)
    }
    if (run.result !== null)
      terminal.writeResult(
        `\n${safeText(run.result.answer ?? '(no answer)')}\n${renderRunResult(run.result, terminal.out)}`,
      )
  }
  return 0
}
