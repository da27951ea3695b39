import type { TestedTool } from '../../admission/twins/fingerprint-tools.ts'
import type { Library } from '../../contracts/library.ts'
import type { ToolSummary, ToolVersion } from '../../contracts/tool.ts'
import { USABLE_STATES } from '../../contracts/tool.ts'

/** A tool of the library on its way through tidy. */
export interface TidyEntry extends TestedTool {
  version: ToolVersion
  summary: ToolSummary
}

/** All tools that runs may use, those first that are to be kept where several do the same. */
export async function loadEntries(library: Library): Promise<TidyEntry[]> {
  const summaries = (await library.list()).filter(({ state, disabled }) => !disabled && USABLE_STATES.includes(state))
  const entries: TidyEntry[] = []
  for (const summary of summaries) {
    const version = await library.find(summary.name, summary.version)
    // Another process may have removed it since.
    if (version === null) continue
    const tools = await library.closure(version.pins)
    entries.push({
      code: version.code,
      signature: version,
      tools,
      tests: version.tests,
      needs: version.needs,
      version,
      summary,
    })
  }
  return entries.toSorted(byWorth)
}

/** Pinned, trusted, used, tested, old: in this order. */
function byWorth(left: TidyEntry, right: TidyEntry): number {
  return (
    Number(right.summary.pinnedVersion !== null) - Number(left.summary.pinnedVersion !== null) ||
    Number(right.version.state === 'trusted') - Number(left.version.state === 'trusted') ||
    right.summary.ledger.successes - left.summary.ledger.successes ||
    right.tests.length - left.tests.length ||
    compare(left.summary.createdAt, right.summary.createdAt) ||
    compare(left.version.name, right.version.name)
  )
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

/** Why this one is kept, in a few words. */
export function describeWorth({ version, summary }: TidyEntry): string {
  const { successes } = summary.ledger
  const pinned = summary.pinnedVersion === null ? '' : 'pinned, '
  return `${pinned}${version.state}, ${successes} good ${successes === 1 ? 'use' : 'uses'}, ${version.tests.length} tests`
}
