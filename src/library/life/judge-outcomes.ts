import type { UseHistory } from '../../contracts/store.ts'
import type { ToolState } from '../../contracts/tool.ts'

/**
 * Successful reuses on this many different inputs, without a failure of the tool between them, make a version trusted. It
 * has passed its tests before: what these add is that its parameters fit what people really ask. One reuse shows that it
 * can be reused at all, a second one that this was no copy of the request that it was made for, the third that the second
 * was no chance. Ten would be better evidence, and most tools never get there (in published libraries three quarters are
 * never reused once).
 */
export const INPUTS_FOR_TRUST = 3

/** Uses that quarantine looks at: what lies further back was another time, and another machine perhaps. */
export const WINDOW = 10

/** Failures on so many different inputs at the least: one input that fails may be a bad input. */
const FAILING_INPUTS = 2

/** Of the uses in the window. A tool that fails every other time costs more than it saves. */
const FAILING_SHARE = 0.5

/** On different inputs, whatever went well before: something has changed, and the share would notice it late. */
const FAILURES_IN_A_ROW = 3

/** Whatever the inputs: it is of no use for what it is used for. */
const SAME_FAILURES_IN_A_ROW = 5

type JudgedUse = UseHistory['uses'][number]

/**
 * What its outcomes make of a version: promotion to `trusted`, demotion to `verified`, quarantine, or null. Only failures
 * that are the tool's own count against it, and only reuses count for it: the use in the run that made it tells nothing
 * that its tests did not. Candidates, quarantined and retired versions are left to checks and people, and so is all of a
 * pinned tool. Pure.
 */
export function judgeOutcomes({ state, pinned, uses }: UseHistory): { state: ToolState; reason: string } | null {
  if (pinned || (state !== 'verified' && state !== 'trusted')) return null
  const telling = uses.filter(tells)
  const [latest] = telling
  if (latest === undefined) return null
  if (isFailure(latest)) {
    const reason = findQuarantine(telling)
    if (reason !== null) return { state: 'quarantined', reason }
    return state === 'trusted' ? { state: 'verified', reason: 'failed after it was trusted' } : null
  }
  if (state === 'trusted') return null
  const inputs = differentInputs(takeUntil(telling, isFailure).filter(({ reused }) => reused))
  if (inputs < INPUTS_FOR_TRUST) return null
  return { state: 'trusted', reason: `gave good values for ${inputs} different inputs in a row` }
}

function tells(use: JudgedUse): boolean {
  return use.outcome === 'success' || use.fault === 'tool'
}

function isFailure(use: JudgedUse): boolean {
  return use.outcome === 'failure'
}

/** Why it has to leave; `telling` is newest first and begins with a failure. */
function findQuarantine(telling: readonly JudgedUse[]): string | null {
  const row = takeUntil(telling, (use) => !isFailure(use))
  const rowInputs = countInputs(row)
  if (row.length >= FAILURES_IN_A_ROW && rowInputs >= FAILING_INPUTS) {
    return `failed ${row.length} times in a row, on ${rowInputs} different inputs`
  }
  if (row.length >= SAME_FAILURES_IN_A_ROW) return `failed ${row.length} times in a row`
  const window = telling.slice(0, WINDOW)
  const failures = window.filter(isFailure)
  const inputs = countInputs(failures)
  if (inputs < FAILING_INPUTS || failures.length < window.length * FAILING_SHARE) return null
  return `failed in ${failures.length} of its last ${window.length} uses, on ${inputs} different inputs`
}

/** Failures whose input nobody noted count as one input together: they may be one call that was repeated. */
function countInputs(uses: readonly JudgedUse[]): number {
  return new Set(uses.map(({ inputHash }) => inputHash)).size
}

/** Those that are known to differ. */
function differentInputs(uses: readonly JudgedUse[]): number {
  return new Set(uses.flatMap(({ inputHash }) => inputHash ?? [])).size
}

function takeUntil(uses: readonly JudgedUse[], ends: (use: JudgedUse) => boolean): readonly JudgedUse[] {
  const end = uses.findIndex(ends)
  return end === -1 ? uses : uses.slice(0, end)
}
