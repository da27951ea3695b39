import { showDifference } from '../../app/exchange/show-difference.ts'
import type { SyncItem } from '../../app/exchange/plan-sync.ts'
import { hangingText, safeLine, type Terminal } from '../terminal.ts'
import { renderImportItem } from './import.ts'

const WORDS: Readonly<Record<SyncItem['action'], string>> = {
  none: 'same',
  import: 'folder → library',
  write: 'library → folder',
  remove: 'removed from the folder',
  retire: 'retired in the library',
  conflict: 'conflict',
  refused: 'refused',
}

/** What becomes of one tool on both sides, with the code that changes. */
export function renderSyncItem(item: SyncItem, colors: Terminal['out']): string {
  const { name, action, reason, difference, imported } = item
  const word = action === 'conflict' || action === 'refused' ? colors.red(WORDS[action]) : WORDS[action]
  const lines = [
    `${word}: ${colors.bold(safeLine(name))} ${hangingText(reason)}`,
    ...(difference === null ? [] : [colors.dim(showDifference(difference).replaceAll(/^(?=.)/gm, '  '))]),
  ]
  const found = imported === null ? '' : renderImportItem(imported, colors).replaceAll(/^(?=.)/gm, '  ')
  return `${lines.join('\n')}\n${found}`
}
