import type { ToolChange, ToolRecord } from '../../contracts/tool.ts'
import type { CommandContext } from '../command.ts'
import { switchOption } from '../option-values.ts'
import { safeLine } from '../terminal.ts'
import { formatTable } from './format.ts'

/** What one change was, in a few words. */
export function describeChange({ kind, version, state }: ToolChange): string {
  switch (kind) {
    case 'state':
      return `version ${version} is ${state}`
    case 'current':
      return `version ${version} is the current one`
    case 'pinned':
      return `version ${version} is pinned`
    case 'annotated':
      return 'noted'
    case 'unpinned':
    case 'disabled':
    case 'enabled':
      return kind
  }
}

export function renderChange(change: ToolChange): string {
  return `${describeChange(change)}${change.reason === '' ? '' : `: ${safeLine(change.reason, 1000)}`}`
}

export function renderHistory(record: ToolRecord, changes: readonly ToolChange[]): string {
  const { name, versions, currentVersion, pinnedVersion, disabled, annotation } = record
  const marks = (version: number): string =>
    [version === currentVersion ? 'current' : '', version === pinnedVersion ? 'pinned' : ''].filter(Boolean).join(', ')
  const rows = versions.map(({ version, state, createdAt }) => [
    `v${version}`,
    state,
    createdAt.slice(0, 10),
    marks(version),
  ])
  const standing = [
    `${name}${disabled ? ' (disabled)' : ''}`,
    ...(annotation === '' ? [] : [safeLine(annotation, 1000)]),
  ]
  const lines = changes.map((change) => [change.at.slice(0, 19).replace('T', ' '), change.by, renderChange(change)])
  return [
    standing.join('\n'),
    formatTable([['VERSION', 'STATE', 'MADE', ''], ...rows]),
    formatTable([['AT (UTC)', 'BY', 'WHAT'], ...lines]),
  ].join('\n\n')
}

/** Ends a command that changed something: one object, or a line each. */
export function showChanges({ options, terminal }: CommandContext, name: string, changes: ToolChange[]): number {
  if (switchOption(options, 'json')) terminal.writeResult(`${JSON.stringify({ name, changes })}\n`)
  else if (changes.length === 0) terminal.writeProgress('Nothing was changed: it is so already.\n')
  for (const change of switchOption(options, 'json') ? [] : changes) {
    terminal.writeProgress(`${name}: ${renderChange(change)}\n`)
  }
  return 0
}
