import type { ToolTest } from '../../contracts/tool.ts'

/** A few small tables: each input names one, and they travel into the sandbox with every execution. */
const MOST_FIXTURES = 3
const LONGEST_FIXTURE = 4000
const DEFAULT_COLUMNS = ['name', 'value', 'day']
/** By turns, so that every column has numbers and texts somewhere, with gaps, ties, signs and quoted fields. */
const ROWS: readonly (readonly string[])[] = [
  ['a', '1', '2024-01-31', '-2'],
  ['b', '2.5', '2024-02-29', '0'],
  ['a', '-3', '2023-12-31', '10'],
  ['"c, d"', '', '2024-01-31', '7'],
  ['Ä', '1e3', '', '0.5'],
  [' e ', '1', '2024-01-01', 'n/a'],
]

export interface GeneratedFile {
  name: string
  content: string
}

export interface GeneratedFiles {
  files: GeneratedFile[]
  /** Names of columns, for parameters that take one. */
  columns: string[]
}

/**
 * Small tables as text, the same ones for the same tests: what properties write into files themselves, and around it what
 * readers of tables stumble over: nothing at all, a header alone, gaps, quoted commas, Windows line ends, a byte order mark,
 * semicolons, blank lines, the same column names over other values.
 */
export function generateFiles(tests: readonly ToolTest[]): GeneratedFiles {
  const fixtures = findTables(tests)
  const columns = [...new Set(fixtures.flatMap(headerOf))]
  const header = columns.length > 0 ? columns : DEFAULT_COLUMNS
  const plain = toTable(header, ROWS.slice(0, 3))
  const numbers = toTable(header, [['1'], ['2'], ['10'], ['-4.5'], ['2']])
  const contents = [
    ...fixtures,
    plain,
    numbers,
    toTable(header, ROWS),
    toTable(header, ROWS.slice(0, 1)),
    toTable(header, [...ROWS.slice(0, 3), ...ROWS.slice(0, 3)].toReversed()),
    `${header.join(',')}\n`,
    '',
    numbers.replaceAll('\n', '\r\n'),
    `\uFEFF${numbers}`,
    numbers.replaceAll(',', ';'),
    numbers.trimEnd(),
    numbers.replace('\n', '\n\n'),
    ...fixtures.map(withoutLastField),
  ]
  const files = [...new Set(contents)].map((content, index) => ({ name: `compared-${index + 1}.csv`, content }))
  return { files, columns: header }
}

/** Literals of several fields in several lines, in the programs of properties. */
function findTables(tests: readonly ToolTest[]): string[] {
  const programs = tests.flatMap((test) => (test.kind === 'property' ? [test.program] : []))
  const literals = programs.flatMap((program) =>
    [...program.matchAll(LITERAL)].map((match) => match[3] ?? match[2] ?? ''),
  )
  const texts = literals.map(unescape).filter((text) => /^[^\n]*[,;\t][^\n]*\r?\n/.test(text))
  return [...new Set(texts)].filter(({ length }) => length <= LONGEST_FIXTURE).slice(0, MOST_FIXTURES)
}

const LITERAL = /("""|''')([^]*?)\1|(?:["'`])((?:[^\\"'`]|\\.)*)["'`]/g

function unescape(literal: string): string {
  return literal.replaceAll(/\\([ntr\\"'`])/g, (_, letter: string) => ESCAPES[letter] ?? letter)
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }

function headerOf(table: string): string[] {
  const [first = ''] = table.split('\n')
  const delimiter = [',', ';', '\t'].find((one) => first.includes(one)) ?? ','
  return first
    .trim()
    .split(delimiter)
    .map((name) => name.replaceAll('"', '').trim())
}

function toTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = rows.map((row, line) =>
    header.map((_, column) => row[(column + (row.length > 1 ? line : 0)) % row.length] ?? ''),
  )
  return [header.join(','), ...lines.map((line) => line.join(','))].map((line) => `${line}\n`).join('')
}

function withoutLastField(table: string): string {
  return table.replace(/[^,;\t\n]*\n?$/, '\n')
}
