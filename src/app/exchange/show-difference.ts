import type { ToolDifference } from '../../contracts/exchange.ts'
import { renderDifferences } from '../../library/formats/diff-tools.ts'

/** A tool's code or what changed of it, as text that is safe for a terminal: hidden characters are written out. */
export function showDifference(difference: ToolDifference): string {
  return renderDifferences([difference])
}
