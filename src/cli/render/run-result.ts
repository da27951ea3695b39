import type { RunResult } from '../../contracts/run.ts'
import { hangingText, safeLine, type Terminal } from '../terminal.ts'
import { formatDuration, formatUsd, plural } from './format.ts'

/** What comes after the answer: files, tools, cost, and the error if there is one. */
export function renderRunResult(result: RunResult, colors: Terminal['err']): string {
  const lines: string[] = []
  for (const artifact of result.artifacts) lines.push(`  file   ${safeLine(artifact.path, 4096)}`)
  if (result.made.length > 0) lines.push(`  made   ${result.made.map(toolLabel).join(', ')}`)
  if (result.reused.length > 0) lines.push(`  reused ${result.reused.map(toolLabel).join(', ')}`)
  lines.push(`  cost   ${describeUsage(result)}`)
  if (result.error !== null) {
    lines.push(`${colors.red('error')} ${hangingText(result.error.message)} ${colors.dim(`(${result.error.code})`)}`)
    if (result.error.hint !== null) lines.push(`  → ${hangingText(result.error.hint)}`)
  }
  return `${lines.join('\n')}\n`
}

export function describeUsage({ usage }: RunResult): string {
  return [
    plural(usage.calls, 'model call'),
    `${usage.inputTokens}+${usage.outputTokens} tokens`,
    formatUsd(usage.costUsd, usage.costKnown),
    plural(usage.executions, 'execution'),
    formatDuration(usage.wallMs),
  ].join(', ')
}

function toolLabel(tool: { name: string; version: number; saved?: boolean }): string {
  return `${tool.name} v${tool.version}${tool.saved === false ? ' (not kept)' : ''}`
}
