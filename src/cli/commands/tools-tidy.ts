import { applyTidy } from '../../app/tidy/apply-tidy.ts'
import { findBeaten, retireBeaten, type BeatenProposal } from '../../app/tidy/find-beaten.ts'
import { planTidy, type TidyPlan } from '../../app/tidy/plan-tidy.ts'
import type { CommandContext } from '../command.ts'
import { confirm } from '../confirm.ts'
import { numberOption, switchOption, textOption } from '../option-values.ts'
import { plural } from '../render/format.ts'
import { hangingText, type Terminal } from '../terminal.ts'
import { generalise } from '../tidy-generalise.ts'

const EXIT_CODE_REFUSED = 1
const EXIT_CODE_USAGE = 2

export async function runCommand(context: CommandContext): Promise<number> {
  const { options, signal, terminal } = context
  const asJson = switchOption(options, 'json')
  const maximumComparisons = numberOption(options, 'max-comparisons', { whole: true })
  const model = textOption(options, 'model')
  const app = await context.openApp(model === undefined ? {} : { model })
  const plan = await planTidy(app, {
    signal,
    onProgress: progressOn(terminal),
    ...(maximumComparisons === undefined ? {} : { maximumComparisons }),
  })
  if (terminal.live) terminal.writeProgress('\r\u001b[2K')
  const merged = new Set(plan.clusters.flatMap(({ keep, others }) => [keep, ...others].map(({ name }) => name)))
  const beaten = (await findBeaten(app, { signal })).filter(({ name }) => !merged.has(name))
  if (!asJson) terminal.writeResult(renderPlan(plan, beaten, terminal.out))
  const answer = await decide(context, plan, beaten)
  if (answer === 'apply') {
    await applyTidy(app, plan, { signal, onProgress: (name) => terminal.writeProgress(`· ${name}\n`) })
    await retireBeaten(app, beaten)
  }
  const proposals = switchOption(options, 'generalise') ? await generalise(context, plan) : []
  const { entries: _entries, ...report } = plan
  if (asJson) terminal.writeResult(`${JSON.stringify({ applied: answer === 'apply', ...report, beaten, proposals })}\n`)
  else terminal.writeProgress(describeEnd(answer, plan, beaten))
  const hasProblem = plan.clusters.some(({ others }) => others.some(({ problem }) => problem !== null))
  if (answer === 'no-terminal') return EXIT_CODE_USAGE
  return hasProblem || answer === 'no' ? EXIT_CODE_REFUSED : 0
}

type Answer = 'apply' | 'dry-run' | 'nothing-to-do' | 'no' | 'no-terminal'

async function decide(
  context: CommandContext,
  { clusters }: TidyPlan,
  beaten: readonly BeatenProposal[],
): Promise<Answer> {
  const count = clusters.reduce((sum, { others }) => sum + others.length, 0)
  if (count + beaten.length === 0) return 'nothing-to-do'
  if (switchOption(context.options, 'dry-run')) return 'dry-run'
  if (switchOption(context.options, 'yes')) return 'apply'
  if (!context.terminal.interactive) return 'no-terminal'
  const acts = [
    count === 0 ? '' : `make ${plural(count, 'tool')} call the one that is kept`,
    beaten.length === 0 ? '' : `retire ${plural(beaten.length, 'tool')}`,
  ]
  const sentence = acts.filter((act) => act !== '').join(' and ')
  const question = `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}?`
  const isYes = await confirm(context, { question, what: 'tools tidy', command: 'handaxe tools tidy --yes' })
  return isYes ? 'apply' : 'no'
}

function renderPlan(plan: TidyPlan, beaten: readonly BeatenProposal[], colors: Terminal['out']): string {
  const { tools, clusters, acrossLanguages, different, compared, notCompared } = plan
  const blocks = clusters.map(({ keep, why, others }) =>
    [
      `keep ${colors.bold(`${keep.name} v${keep.version}`)} (${why})`,
      ...others.map(({ name, version, reason, renamed }) => {
        const names = renamed.map(({ from, to }) => `${from} → ${to}`).join(', ')
        return `  ${name} v${version} does the same: ${hangingText(reason)}${names === '' ? '' : `; parameters ${names}`}`
      }),
    ].join('\n'),
  )
  const across = acrossLanguages.map(
    ({ names: [one, other], languages, reason }) =>
      `${one} (${languages[0]}) and ${other} (${languages[1]}) do the same: ${hangingText(reason)}\n  neither takes the other's place; \`handaxe tools retire NAME\` takes one out of use`,
  )
  const apart = different.map(({ names, reason }) =>
    colors.dim(`  not the same: ${names.join(', ')}: ${hangingText(reason)}`),
  )
  if (beaten.length > 0) {
    const lines = beaten.map(({ name, version, reason }) => `  ${name} v${version}: ${hangingText(reason)}`)
    blocks.push(['retire what is always beaten', ...lines].join('\n'))
  }
  const left = notCompared === 0 ? '' : `, ${notCompared} more left out (--max-comparisons)`
  const count = `${plural(tools, 'tool')}, ${plural(compared, 'pair')} compared${left}, ${plural(clusters.length, 'cluster')} of twins`
  return `${[...blocks, ...across, ...(apart.length === 0 ? [] : [apart.join('\n')]), count].join('\n\n')}\n`
}

function describeEnd(answer: Answer, { clusters }: TidyPlan, beaten: readonly BeatenProposal[]): string {
  if (answer === 'no-terminal') return 'There is no terminal to ask on: --yes does it. Nothing was changed.\n'
  if (answer !== 'apply') return 'Nothing was changed.\n'
  const lines = clusters.flatMap(({ keep, others }) =>
    others.map(({ name, alias, problem }) =>
      problem === null
        ? `${name} version ${alias} calls ${keep.name} now; \`handaxe tools rollback ${name}\` undoes it.`
        : `${name} stays as it is: ${hangingText(problem)}`,
    ),
  )
  const retired = beaten.map(
    ({ name, version }) => `${name} is retired; \`handaxe tools rollback ${name} ${version}\` brings it back.`,
  )
  return `${[...lines, ...retired].join('\n')}\n`
}

/** A line that counts on a terminal; elsewhere one for each tenth. */
function progressOn(terminal: Terminal): (progress: { phase: string; done: number; total: number }) => void {
  let shown = ''
  return ({ phase, done, total }) => {
    if (terminal.live) {
      terminal.writeProgress(`\r\u001b[2K· ${phase} ${done} of ${total}`)
      return
    }
    const step = `${phase} ${Math.floor((10 * done) / Math.max(1, total))}`
    if (step !== shown) terminal.writeProgress(`· ${phase} ${done} of ${total}\n`)
    shown = step
  }
}
