import type { ShownTool } from '../../app/operations.ts'
import type { JsonValue } from '../../contracts/json.ts'
import type { ToolTest } from '../../contracts/tool.ts'
import { hangingText, safeLine, safeText, type Terminal } from '../terminal.ts'
import { renderAdmission, renderNeeds } from './admission.ts'
import { renderChange } from './changes.ts'
import { formatUsd, plural } from './format.ts'
import { toJsonText } from '../../domain/json/to-json-text.ts'

/** `tools history` shows the rest. */
const SHOWN_CHANGES = 5

/** A tool for people: what it is for, its code, its tests, where it comes from, how it fared. */
export function renderTool({ tool, ledger, record, changes }: ShownTool, colors: Terminal['out']): string {
  const { provenance } = tool
  const cost = provenance.costUsd === null ? 'price not known' : formatUsd(provenance.costUsd)
  const parts = [
    `${colors.bold(tool.name)} v${tool.version} (${tool.language}, ${tool.state}${tool.stateReason === '' ? '' : `: ${safeLine(tool.stateReason, 1000)}`})`,
    ...describeStanding(record, tool.version),
    safeText(tool.description),
    `when to use: ${hangingText(tool.whenToUse)}`,
    `input  ${JSON.stringify(tool.inputSchema)}\noutput ${JSON.stringify(tool.outputSchema)}`,
    colors.dim(safeText(tool.code.trimEnd())),
    [plural(tool.tests.length, 'test'), ...tool.tests.map((test) => `  · ${describeTest(test)}`)].join('\n'),
    `needs ${renderNeeds(tool.needs)}`,
    renderAdmission(tool.admission),
    `${provenance.source} ${provenance.createdAt.slice(0, 10)} by ${provenance.model ?? 'a person'}, ${plural(provenance.repairs, 'repair')}, ${provenance.tokens} tokens, ${cost}`,
    `uses ${ledger.uses}: ${ledger.successes} good, ${ledger.failures} failed, ${ledger.reuses} without new code, ${ledger.tokensSaved} tokens saved`,
    [
      'history',
      ...changes.slice(-SHOWN_CHANGES).map((change) => `  · ${change.at.slice(0, 10)} ${renderChange(change)}`),
    ].join('\n'),
  ]
  return `${parts.join('\n\n')}\n`
}

/** What a person should know before reading on: another version is current, it is pinned, out of use, or has a note. */
function describeStanding(
  { currentVersion, pinnedVersion, disabled, annotation, versions }: ShownTool['record'],
  version: number,
): string[] {
  const newest = versions.at(-1)?.version ?? version
  const facts = [
    ...(disabled ? ['disabled: no run finds it'] : []),
    ...(pinnedVersion === null ? [] : [`version ${pinnedVersion} is pinned`]),
    ...(currentVersion === version ? [] : [`version ${currentVersion} is the current one`]),
    ...(newest === currentVersion ? [] : [`version ${newest} is newer and not in use`]),
  ]
  return [
    ...(facts.length === 0 ? [] : [facts.join('; ')]),
    ...(annotation === '' ? [] : [`note: ${hangingText(annotation)}`]),
  ]
}

function describeTest(test: ToolTest): string {
  const name = safeLine(test.name)
  if (test.kind === 'example') return `${name}: ${showValue(test.arguments)} → ${showValue(test.expected)}`
  if (test.kind === 'error') return `${name}: ${showValue(test.arguments)} raises ${test.raises ?? 'an error'}`
  return `${name}: a property`
}

function showValue(value: JsonValue): string {
  return clip(toJsonText(value, { digits: true }))
}

function clip(text: string): string {
  return safeLine(text, 120)
}
