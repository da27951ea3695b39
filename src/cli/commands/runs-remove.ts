import { HandaxeError } from '../../contracts/errors.ts'
import type { CommandContext } from '../command.ts'
import { confirm } from '../confirm.ts'
import { numberOption, switchOption } from '../option-values.ts'
import { plural } from '../render/format.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const { options, positionals, terminal } = context
  const days = numberOption(options, 'older-than', { whole: false })
  if ((days === undefined) === (positionals.length === 0)) {
    throw new HandaxeError('invalid_request', 'Name the runs to remove, or say --older-than DAYS', {
      hint: 'Example: handaxe runs remove --older-than 30',
    })
  }
  const app = await context.openApp()
  const { removeOldRuns, removeRuns } = await import('../../app/remove-runs.ts')
  const what = days === undefined ? plural(positionals.length, 'run') : `all runs older than ${plural(days, 'day')}`
  const isAgreed =
    switchOption(options, 'yes') ||
    (await confirm(context, {
      question: `Remove ${what} with events and files?`,
      what: 'Removing runs',
      command: 'Say --yes.',
    }))
  if (!isAgreed) return 1
  const kept = { config: app.config, journal: (await app.store()).journal }
  const removed = days === undefined ? await removeRuns(kept, positionals) : await removeOldRuns(kept, { days })
  if (switchOption(options, 'json')) terminal.writeResult(`${JSON.stringify({ removed })}\n`)
  else terminal.writeProgress(`${plural(removed.length, 'run')} removed; tools that they made stay.\n`)
  return 0
}
