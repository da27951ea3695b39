import type { SessionReport } from '../../app/sessions.ts'
import { safeLine, type Terminal } from '../terminal.ts'
import { formatBytes } from './format.ts'

/** What `exec` says of the session after the execution. */
export function describeSession({ kept, dropped, notes, values }: SessionReport, colors: Terminal['err']): string {
  const lines = notes.map(({ name, reason }) => colors.yellow(`not kept ${safeLine(name)}: ${safeLine(reason, 1000)}`))
  if (kept.length > 0) lines.push(`kept ${kept.join(', ')} (${values.length} in the session)`)
  if (dropped.length > 0) lines.push(`dropped ${dropped.join(', ')}`)
  return lines.map((line) => `${line}\n`).join('')
}

export function describeSessionValue({ name, type, format, bytes }: SessionReport['values'][number]): string {
  return `  ${name}: ${safeLine(type)}, ${format}, ${formatBytes(bytes)}\n`
}
