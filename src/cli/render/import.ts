import type { ImportItem } from '../../app/exchange/import-item.ts'
import { showDifference } from '../../app/exchange/show-difference.ts'
import { safeText, type Terminal } from '../terminal.ts'
import { plural } from './format.ts'

/** What was found of one tool: its code or what changed of it, how it fared, why it is taken or not. */
export function renderImportItem(item: ImportItem, colors: Terminal['out']): string {
  const { difference, problems, notes } = item
  const lines = [
    headline(item, colors),
    ...(difference === null ? [] : [colors.dim(indent(showDifference(difference)))]),
    ...problems.map((problem) => `  ${colors.red('✗')} ${safeText(problem)}`),
    ...notes.map((note) => `  ${colors.yellow('!')} ${safeText(note)}`),
  ]
  return `${lines.join('\n')}\n`
}

function headline(item: ImportItem, colors: Terminal['out']): string {
  const name = colors.bold(safeText(item.name ?? '(no name)'))
  return `${name} (${safeText(item.sourcePath)}): ${describeOutcome(item)}`
}

export function describeOutcome({ outcome, state, previous, version, tests }: ImportItem): string {
  if (outcome === 'same') return `nothing to do, the library has it${previous ? ` as version ${previous.version}` : ''}`
  if (outcome === 'refused') return 'refused'
  const kind = outcome === 'new' ? 'new' : `new version${previous ? ` after ${previous.version}` : ''}`
  const result = `${tests.passed} of ${plural(tests.total, 'test')} passed`
  return `${kind}${version === null ? '' : `, saved as version ${version}`}, ${state ?? 'not saved'}, ${result}`
}

export function countOutcomes(items: readonly ImportItem[]): string {
  const count = (matches: (item: ImportItem) => boolean): number => items.filter(matches).length
  const parts = [
    [count(({ state }) => state === 'verified'), 'verified'],
    [count(({ state }) => state === 'candidate'), 'as candidate, which runs do not use'],
    [count(({ outcome }) => outcome === 'same'), 'there already'],
    [count(({ outcome }) => outcome === 'refused'), 'refused'],
  ] as const
  return parts.flatMap(([number, word]) => (number === 0 ? [] : [`${number} ${word}`])).join(', ')
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ')
}
