import type { InspectedFile } from '../../contracts/run.ts'
import { cutEnd } from '../../domain/text/cut-middle.ts'
import { fenceUntrusted, quoteUntrusted } from '../../domain/text/untrusted-text.ts'

/** Wide tables are shown by their first columns; the code can see the rest. */
const MAX_COLUMNS = 60
const HEAD_CHARACTERS = 1200
const EXAMPLE_CHARACTERS = 30
const NAME_CHARACTERS = 100
const OUTLINE_CHARACTERS = 8000

/** Of all files together; what is beyond is named and not described. */
const TOTAL_CHARACTERS = 60_000

/** What inspection found, as the models are shown it. */
export function renderFiles(files: readonly InspectedFile[]): string {
  if (files.length === 0) return 'No files were given.'
  const shown: string[] = []
  let room = TOTAL_CHARACTERS
  for (const file of files) {
    const whole = renderFile(file)
    const text = whole.length <= room ? whole : `${renderTitle(file)} (not described: too many files)`
    room -= text.length
    shown.push(text)
  }
  return shown.join('\n\n')
}

function renderFile(file: InspectedFile): string {
  const notes = file.notes.length > 0 ? `\nNotes: ${file.notes.map(quoteUntrusted).join('; ')}` : ''
  return `${renderTitle(file)}${notes}\n${fenceUntrusted(file.name, renderContent(file))}`
}

function renderTitle(file: InspectedFile): string {
  const about = [`${file.bytes} bytes`, file.mediaType, ...(file.encoding === null ? [] : [file.encoding])]
  return `File ${quoteUntrusted(file.name)}: ${file.kind} (${about.map(oneWord).join(', ')})`
}

function renderContent(file: InspectedFile): string {
  const head = file.head === '' ? '' : `First lines:\n${cutEnd(file.head, HEAD_CHARACTERS)}`
  // An outline says more than first lines do.
  if (file.outline !== undefined) return cutEnd(file.outline, OUTLINE_CHARACTERS)
  if (file.table === null) return head === '' ? '(nothing to show)' : head
  const { table } = file
  const columns = table.columns.slice(0, MAX_COLUMNS).map((column) => {
    const missing = column.missing > 0 ? `, ${column.missing} missing` : ''
    const examples = column.examples.map((example) => cutEnd(example, EXAMPLE_CHARACTERS)).join(' | ')
    const name = quoteUntrusted(cutEnd(column.name, NAME_CHARACTERS))
    return `- ${name}: ${column.type}${missing}${examples === '' ? '' : `; such as ${examples}`}`
  })
  const count = table.columnCount ?? table.columns.length
  const more = count > columns.length ? [`- and ${count - columns.length} more columns`] : []
  const atLeast = table.rowsAtLeast === true ? 'at least ' : ''
  const shape = `Table: ${atLeast}${table.rows} rows, ${count} columns, separated by ${JSON.stringify(table.delimiter)}`
  return [shape, 'Columns:', ...columns, ...more, head].join('\n')
}

/** Names of encodings and media types are ours, but they are found by reading hostile files. */
function oneWord(text: string): string {
  return text.replaceAll(/[^\w./+;= -]/g, '').slice(0, 60)
}
