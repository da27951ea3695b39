const CONTEXT_LINES = 2
const MAX_LINES = 60
const MAX_LINE_CHARACTERS = 160

/** Above this many cells the table of the comparison costs more than the answer is worth. */
const MAX_TABLE_CELLS = 4_000_000

interface DiffLine {
  sign: ' ' | '-' | '+'
  text: string
}

/**
 * The differing lines of two texts with a little of what surrounds them: `-` only in `before`, `+` only in `after`. At
 * most sixty lines, each cut at 160 characters; empty where the texts are the same.
 */
export function renderDifference(before: string, after: string): string {
  const lines = compareLines(before.split('\n'), after.split('\n'))
  const near = new Set<number>()
  for (const [index, { sign }] of lines.entries()) {
    if (sign === ' ') continue
    for (let at = index - CONTEXT_LINES; at <= index + CONTEXT_LINES; at++) near.add(at)
  }
  const shown: string[] = []
  let skipping = false
  for (const [index, { sign, text }] of lines.entries()) {
    if (near.has(index)) shown.push(`${sign} ${shorten(text)}`)
    else if (!skipping) shown.push('  …')
    skipping = !near.has(index)
  }
  if (near.size === 0) return ''
  return shown.length <= MAX_LINES
    ? shown.join('\n')
    : [...shown.slice(0, MAX_LINES), `  … ${shown.length - MAX_LINES} more lines`].join('\n')
}

/** How much of two texts is the same, by their lines weighted with their length: 0 to 1. */
export function similarity(left: string, right: string): number {
  const counts = new Map<string, number>()
  for (const line of left.split('\n')) counts.set(line, (counts.get(line) ?? 0) + 1)
  let shared = 0
  for (const line of right.split('\n')) {
    const remaining = counts.get(line) ?? 0
    if (remaining === 0) continue
    counts.set(line, remaining - 1)
    shared += line.length + 1
  }
  return (2 * shared) / (left.length + right.length + 2)
}

function compareLines(before: string[], after: string[]): DiffLine[] {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start++
  let end = 0
  while (end < before.length - start && end < after.length - start && before.at(-1 - end) === after.at(-1 - end)) end++
  const same = (text: string): DiffLine => ({ sign: ' ', text })
  return [
    ...before.slice(0, start).map(same),
    ...compareMiddle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(same),
  ]
}

/** The longest common subsequence by dynamic programming, read off from the table's start. */
function compareMiddle(before: string[], after: string[]): DiffLine[] {
  const removed = (text: string): DiffLine => ({ sign: '-', text })
  const added = (text: string): DiffLine => ({ sign: '+', text })
  if (before.length * after.length > MAX_TABLE_CELLS) return [...before.map(removed), ...after.map(added)]
  const width = after.length + 1
  const table = new Uint32Array((before.length + 1) * width)
  const cell = (row: number, column: number): number => table[row * width + column] ?? 0
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      table[row * width + column] =
        before[row] === after[column]
          ? cell(row + 1, column + 1) + 1
          : Math.max(cell(row + 1, column), cell(row, column + 1))
    }
  }
  const lines: DiffLine[] = []
  let row = 0
  let column = 0
  while (row < before.length || column < after.length) {
    const left = before[row]
    const right = after[column]
    if (left !== undefined && left === right) {
      lines.push({ sign: ' ', text: left })
      row++
      column++
    } else if (left !== undefined && (right === undefined || cell(row + 1, column) >= cell(row, column + 1))) {
      lines.push(removed(left))
      row++
    } else {
      lines.push(added(right ?? ''))
      column++
    }
  }
  return lines
}

function shorten(text: string): string {
  return text.length > MAX_LINE_CHARACTERS ? `${text.slice(0, MAX_LINE_CHARACTERS)}…` : text
}
