import type { SessionReport } from '../../app/sessions.ts'
import { safeText, type Terminal } from '../terminal.ts'
import { formatBytes } from './format.ts'

/** What `exec` says of the session after the execution. */
export function describeSession({ kept, dropped, notes, values }: SessionReport, colors: Terminal['err']): string {
  const lines = notes.map(({ name, reason }) => colors.yellow(`not kept ${safeText(name)}: ${safeText(reason)}`))
  if (kept.length > 0) lines.push(`kept ${kept.join(', ')} (${values.length} in the session)`)
  if (dropped.length > 0) lines.push(`dropped ${dropped.join(', ')}`)
  return lines.map((line) => `${line}\n`).join('')
}

export function describeSessionValue({ name, type, format, bytes }: SessionReport['values'][number]): string {
  return `  ${name}: ${safeText(type)}, ${format}, ${formatBytes(bytes)}\n`
}
