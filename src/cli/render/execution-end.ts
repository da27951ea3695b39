import type { ExecutionResult } from '../../contracts/sandbox.ts'
import { hangingText, safeLine, safeText, type Terminal } from '../terminal.ts'
import { formatBytes } from './format.ts'
import { toJsonText } from '../../domain/json/to-json-text.ts'

/** What `exec` adds on stderr after the program's own output: the value, the files, and why it was stopped. */
export function describeExecutionEnd(result: ExecutionResult, colors: Terminal['err']): string {
  const lines: string[] = []
  if (result.error !== undefined) {
    const { type, message, traceback } = result.error
    lines.push(colors.red(safeText(traceback === '' ? `${type}: ${message}` : traceback.trimEnd())))
  }
  if (result.value !== undefined) lines.push(`value ${safeText(toJsonText(result.value, { digits: true }))}`)
  lines.push(...describeNotes(result, colors))
  for (const artifact of result.artifacts)
    lines.push(`file ${artifact.path} (${artifact.mediaType}, ${formatBytes(artifact.bytes)})`)
  for (const dropped of result.droppedArtifacts)
    lines.push(colors.yellow(`left out ${safeLine(dropped.name)}: ${dropped.reason}`))
  const reason = endReason(result)
  if (reason !== null) lines.push(colors.red(reason))
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

/** What a reader of the value should know. */
export function describeNotes({ notes = [] }: ExecutionResult, colors: Terminal['err']): string[] {
  return notes.map((note) => colors.yellow(`note ${hangingText(note)}`))
}

function endReason({ status, limits, signal }: ExecutionResult): string | null {
  switch (status) {
    case 'timeout':
      return `stopped: timeout (wall ${limits.wallMs} ms, CPU ${limits.cpuMs} ms; --timeout-ms changes it)`
    case 'out-of-memory':
      return `stopped: out of memory (${formatBytes(limits.memoryBytes)}; --memory-mb changes it)`
    case 'output-limit':
      return `stopped: more than ${formatBytes(limits.outputBytes)} of output`
    case 'killed':
      return `stopped: killed${signal === null ? '' : ` by ${signal}`}`
    case 'no-result':
      // Said already, by the error.
      return null
    case 'ok':
    case 'error':
      return null
  }
}
