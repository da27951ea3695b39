/** 0.0123 → `$0.0123`, 1.5 → `$1.50`: small sums keep their digits. */
export function formatUsd(usd: number, known = true): string {
  const text = usd === 0 ? '$0' : `$${usd < 0.1 ? usd.toPrecision(2) : usd.toFixed(2)}`
  return known ? text : `${text} or more (a price is not known)`
}

export function formatDuration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** Rows as columns that line up; the last column is left ragged. A cell is one line, whatever stands in it. */
export function formatTable(texts: string[][]): string {
  const rows = texts.map((row) => row.map((cell) => cell.replace(/[\s\u2028\u2029]+/gu, ' ')))
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Keeps head and tail of a long text, by lines. */
export function clipLines(text: string, most: number): string {
  const lines = text.split('\n')
  if (lines.length <= most) return text
  const half = Math.floor(most / 2)
  return [
    ...lines.slice(0, half),
    `… ${lines.length - 2 * half} lines more (--verbose shows them)`,
    ...lines.slice(-half),
  ].join('\n')
}
