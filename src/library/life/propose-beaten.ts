import { USABLE_STATES, type ToolSummary } from '../../contracts/tool.ts'
import { REUSES_THAT_STAY } from './propose-retirement.ts'

/**
 * Different requests for which the search found a tool and the planner took another. A tool that words find by chance is
 * passed over a few times; after ten it stands in the way of what fits, in a prompt that holds five.
 */
export const BEATEN_REQUESTS = 10

/** What one request was offered, and what it took. */
export interface ToolChoice {
  request: string
  /** Found by the search: what a small library shows in any case does not count. */
  offered: { name: string; version: number }[]
  /** Tools of the library that its plans used. */
  chosen: string[]
}

export interface BeatenProposal {
  name: string
  version: number
  /** Different requests since it was last chosen. */
  requests: number
  /** What was chosen instead, the most frequent first. */
  by: { name: string; requests: number }[]
  reason: string
}

/**
 * Tools that are offered again and again while another is always chosen. `choices` are newest first; what was offered in an older
 * version does not count. Pinned and disabled tools are left to who pinned or disabled them, those that were reused a few
 * times have shown what they are for. What other tools import is for the caller to leave out. Pure.
 */
export function proposeBeaten(tools: readonly ToolSummary[], choices: readonly ToolChoice[]): BeatenProposal[] {
  return tools.flatMap(({ name, version, state, disabled, pinnedVersion, ledger }): BeatenProposal[] => {
    if (disabled || pinnedVersion !== null || !USABLE_STATES.includes(state)) return []
    if (ledger.reuses >= REUSES_THAT_STAY) return []
    const lost = findLost({ name, version }, choices)
    if (lost.size < BEATEN_REQUESTS) return []
    const counts = Map.groupBy([...lost.values()].flat(), (winner) => winner)
    const by = [...counts]
      .map(([winner, times]) => ({ name: winner, requests: times.length }))
      .toSorted((left, right) => right.requests - left.requests || (left.name < right.name ? -1 : 1))
    const winners = by.slice(0, 3).map((winner) => winner.name)
    const others = by.length > winners.length ? ' and others' : ''
    const reason = `offered for ${lost.size} different requests and never chosen: they took ${winners.join(', ')}${others}`
    return [{ name, version, requests: lost.size, by, reason }]
  })
}

/** By request, what was chosen instead, back to the last time that it was chosen itself. */
function findLost(
  { name, version }: { name: string; version: number },
  choices: readonly ToolChoice[],
): Map<string, string[]> {
  const lost = new Map<string, string[]>()
  for (const { request, offered, chosen } of choices) {
    if (chosen.includes(name)) break
    const isOffered = offered.some((tool) => tool.name === name && tool.version === version)
    const winners = chosen.filter((winner) => offered.some((tool) => tool.name === winner))
    if (isOffered && winners.length > 0) lost.set(request, [...new Set(winners)])
  }
  return lost
}
