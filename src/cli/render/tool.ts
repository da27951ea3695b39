import type { LedgerSummary, ToolTest, ToolVersion } from '../../contracts/tool.ts'
import { safeText, type Terminal } from '../terminal.ts'
import { renderAdmission, renderNeeds } from './admission.ts'
import { formatUsd, plural } from './format.ts'

/** A tool for people: what it is for, its code, its tests, where it comes from, how it fared. */
export function renderTool(tool: ToolVersion, ledger: LedgerSummary, colors: Terminal['out']): string {
  const { provenance } = tool
  const cost = provenance.costUsd === null ? 'price not known' : formatUsd(provenance.costUsd)
  const parts = [
    `${colors.bold(tool.name)} v${tool.version} (${tool.language}, ${tool.state}${tool.stateReason === '' ? '' : `: ${safeText(tool.stateReason)}`})`,
    safeText(tool.description),
    `when to use: ${safeText(tool.whenToUse)}`,
    `input  ${JSON.stringify(tool.inputSchema)}\noutput ${JSON.stringify(tool.outputSchema)}`,
    colors.dim(safeText(tool.code.trimEnd())),
    [`tests (${tool.tests.length})`, ...tool.tests.map((test) => `  · ${describeTest(test)}`)].join('\n'),
    `needs ${renderNeeds(tool.needs)}`,
    renderAdmission(tool.admission),
    `${provenance.source} ${provenance.createdAt.slice(0, 10)} by ${provenance.model ?? 'a person'}, ${plural(provenance.repairs, 'repair')}, ${provenance.tokens} tokens, ${cost}`,
    `uses ${ledger.uses}: ${ledger.successes} good, ${ledger.failures} failed, ${ledger.reuses} without new code, ${ledger.tokensSaved} tokens saved`,
  ]
  return `${parts.join('\n\n')}\n`
}

function describeTest(test: ToolTest): string {
  const name = safeText(test.name)
  if (test.kind === 'example')
    return `${name}: ${clip(JSON.stringify(test.arguments))} → ${clip(JSON.stringify(test.expected))}`
  if (test.kind === 'error')
    return `${name}: ${clip(JSON.stringify(test.arguments))} raises ${test.raises ?? 'an error'}`
  return `${name}: a property`
}

function clip(text: string): string {
  return safeText(text.length > 120 ? `${text.slice(0, 117)}…` : text)
}
