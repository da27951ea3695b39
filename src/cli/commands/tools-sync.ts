import { resolve } from 'node:path'
import { applySync } from '../../app/exchange/apply-sync.ts'
import { planSync, type SyncPlan } from '../../app/exchange/plan-sync.ts'
import { loadSyncMemory, rememberSync } from '../../app/exchange/sync-memory.ts'
import type { ExportResult } from '../../contracts/exchange.ts'
import type { CommandContext } from '../command.ts'
import { confirm } from '../confirm.ts'
import { choiceOption, switchOption } from '../option-values.ts'
import { plural } from '../render/format.ts'
import { renderSyncItem } from '../render/sync.ts'
import { hangingText, safeText } from '../terminal.ts'

const EXIT_CODE_OPEN = 1
const EXIT_CODE_USAGE = 2

export async function runCommand(context: CommandContext): Promise<number> {
  const { options, positionals, signal, terminal, workingFolder } = context
  const asJson = switchOption(options, 'json')
  const prefer = choiceOption(options, 'prefer', ['folder', 'library'] as const)
  const app = await context.openApp()
  const folder = resolve(workingFolder, positionals[0] ?? '.')
  const memory = await loadSyncMemory(app.config, folder)
  const plan = await planSync(app, folder, {
    signal,
    memory,
    requests: !switchOption(options, 'omit-requests'),
    ...(prefer === undefined ? {} : { prefer }),
    onProgress: ({ tool, done, total }) => {
      terminal.writeProgress(`· verifying ${safeText(tool)} (${done + 1} of ${total})\n`)
    },
  })
  if (!asJson) showPlan(context, plan)
  const answer = await decide(context, plan)
  const written = answer === 'apply' ? await applySync(app, plan) : null
  // What a person said no to is not in step.
  if (answer === 'apply' || answer === 'nothing-to-do') await rememberSync(app, plan, { memory, written })
  if (asJson) terminal.writeResult(`${JSON.stringify(toJson(plan, { applied: answer === 'apply', written }))}\n`)
  else terminal.writeProgress(`${describeEnd(answer, plan, written)}\n`)
  if (answer === 'no-terminal') return EXIT_CODE_USAGE
  const isOpen = plan.items.some(({ action }) => action === 'conflict' || action === 'refused')
  return isOpen || answer === 'no' ? EXIT_CODE_OPEN : 0
}

type Answer = 'apply' | 'dry-run' | 'nothing-to-do' | 'no' | 'no-terminal'

function showPlan({ terminal }: CommandContext, { items, leftOut, notes }: SyncPlan): void {
  for (const { path, reason } of leftOut) terminal.writeResult(`left out: ${safeText(`${path} ${reason}`)}\n`)
  for (const note of notes) terminal.writeResult(`${hangingText(note)}\n`)
  for (const item of items.filter(({ action }) => action !== 'none')) {
    terminal.writeResult(`${renderSyncItem(item, terminal.out)}\n`)
  }
  const same = items.filter(({ action }) => action === 'none').length
  terminal.writeResult(`${plural(same, 'tool')} of ${items.length} the same in both.\n`)
}

async function decide(context: CommandContext, { items }: SyncPlan): Promise<Answer> {
  const changes = items.filter(({ action }) => action !== 'none' && action !== 'conflict' && action !== 'refused')
  if (changes.length === 0) return 'nothing-to-do'
  if (switchOption(context.options, 'dry-run')) return 'dry-run'
  if (switchOption(context.options, 'yes')) return 'apply'
  if (!context.terminal.interactive) return 'no-terminal'
  const question = `Bring ${plural(changes.length, 'tool')} in step?`
  const isYes = await confirm(context, { question, what: 'tools sync', command: 'handaxe tools sync DIR --yes' })
  return isYes ? 'apply' : 'no'
}

function describeEnd(answer: Answer, { items }: SyncPlan, written: ExportResult | null): string {
  if (answer === 'no-terminal') return 'There is no terminal to ask on: --yes does it. Nothing was changed.'
  if (answer !== 'apply') return 'Nothing was changed.'
  const saved = items.flatMap(({ imported }) =>
    imported?.version ? [`${imported.name} version ${imported.version}`] : [],
  )
  const hash = written === null ? '' : `, root hash ${written.rootHash.slice(0, 16)}…`
  return `In step${saved.length === 0 ? '' : `; new in the library: ${saved.join(', ')}`}${hash}`
}

function toJson(
  { folder, items, leftOut, notes }: SyncPlan,
  { applied, written }: { applied: boolean; written: ExportResult | null },
): object {
  return { folder, applied, items, leftOut, notes, rootHash: written?.rootHash ?? null }
}
