import { resolve } from 'node:path'
import { planImport, type ImportPlan } from '../../app/exchange/plan-import.ts'
import { saveImport } from '../../app/exchange/save-import.ts'
import type { CommandContext } from '../command.ts'
import { confirm } from '../confirm.ts'
import { switchOption } from '../option-values.ts'
import { plural } from '../render/format.ts'
import { countOutcomes, renderImportItem } from '../render/import.ts'
import { safeText } from '../terminal.ts'

const EXIT_CODE_REFUSED = 1
const EXIT_CODE_USAGE = 2

export async function runCommand(context: CommandContext): Promise<number> {
  const { options, positionals, signal, terminal, workingFolder } = context
  const asJson = switchOption(options, 'json')
  const app = await context.openApp()
  const paths = positionals.map((path) => resolve(workingFolder, path))
  const plan = await planImport(app, paths, {
    signal,
    onReading: everySecond(({ done, total }) =>
      terminal.writeProgress(`· reading ${done + 1} of ${plural(total, 'tool')}\n`),
    ),
    onProgress: ({ tool, done, total }) => {
      terminal.writeProgress(`· verifying ${safeText(tool)} (${done + 1} of ${total})\n`)
    },
  })
  if (!asJson) showPlan(context, plan)
  const answer = await decide(context, plan)
  if (answer === 'save') {
    await saveImport(app, plan)
    for (const { name, version, state } of plan.items) {
      if (version !== null && !asJson) terminal.writeProgress(`${name} version ${version} is ${state}.\n`)
    }
  } else if (answer !== 'nothing-to-save') terminal.writeProgress('Nothing was saved.\n')
  if (asJson) {
    terminal.writeResult(`${JSON.stringify({ saved: answer === 'save', sources: plan.sources, items: plan.items })}\n`)
  }
  if (answer === 'no-terminal') return EXIT_CODE_USAGE
  return answer === 'no' || plan.items.some(({ outcome }) => outcome === 'refused') ? EXIT_CODE_REFUSED : 0
}

/** A sign of life at most once a second, and none before the first second is over. */
function everySecond<Progress>(tell: (progress: Progress) => void): (progress: Progress) => void {
  let last = performance.now()
  return (progress) => {
    if (performance.now() - last < 1000) return
    last = performance.now()
    tell(progress)
  }
}

function showPlan({ terminal }: CommandContext, { sources, items }: ImportPlan): void {
  for (const { path, manifest, leftOut, notes } of sources) {
    const check = manifest === null ? '' : manifest.ok ? ' as it was exported' : ' changed since it was exported'
    terminal.writeResult(`${safeText(path)}${check === '' ? '' : `:${check}`}\n`)
    for (const { path: left, reason } of leftOut) terminal.writeResult(`  left out: ${safeText(`${left} ${reason}`)}\n`)
    for (const note of notes) terminal.writeResult(`  ${safeText(note)}\n`)
  }
  for (const item of items) terminal.writeResult(`\n${renderImportItem(item, terminal.out)}`)
  terminal.writeResult(`\n${items.length === 0 ? 'No tools were found.' : countOutcomes(items)}\n`)
}

async function decide(
  context: CommandContext,
  { pending }: ImportPlan,
): Promise<'save' | 'dry-run' | 'nothing-to-save' | 'no' | 'no-terminal'> {
  if (pending.length === 0) return 'nothing-to-save'
  if (switchOption(context.options, 'dry-run')) return 'dry-run'
  if (switchOption(context.options, 'yes')) return 'save'
  if (!context.terminal.interactive) {
    context.terminal.writeProgress('There is no terminal to ask on: --yes saves what was verified.\n')
    return 'no-terminal'
  }
  const question = `Save ${plural(pending.length, 'tool')}?`
  const isYes = await confirm(context, { question, what: 'Importing', command: 'handaxe tools import PATH… --yes' })
  return isYes ? 'save' : 'no'
}
