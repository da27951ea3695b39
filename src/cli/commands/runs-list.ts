import { listRuns } from '../../app/operations.ts'
import type { CommandContext } from '../command.ts'
import { numberOption, switchOption } from '../option-values.ts'
import { formatTable } from '../render/format.ts'
import { safeLine } from '../terminal.ts'

const DEFAULT_LIMIT = 20

export async function runCommand(context: CommandContext): Promise<number> {
  const runs = await listRuns(
    await context.openApp(),
    numberOption(context.options, 'limit', { whole: true }) ?? DEFAULT_LIMIT,
  )
  if (switchOption(context.options, 'json')) context.terminal.writeResult(`${JSON.stringify(runs)}\n`)
  else if (runs.length === 0) context.terminal.writeProgress('There are no runs yet.\n')
  else {
    const rows = runs.map((run) => [
      run.runId,
      run.startedAt.slice(0, 19).replace('T', ' '),
      run.status,
      safeLine(run.request, 70),
    ])
    context.terminal.writeResult(`${formatTable([['RUN', 'STARTED', 'STATUS', 'REQUEST'], ...rows])}\n`)
  }
  return 0
}
