import { USABLE_STATES, type ToolSummary } from '../../contracts/tool.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** A tool of a yearly report is used once a year; a quarter without a use means that it is not one of a quarterly one. */
export const IDLE_DAYS = 90

/** A tool that was reused as often as this has shown that it recurs, and is left alone however long it rests. */
export const REUSES_THAT_STAY = 3

/** Somebody who was away for a season finds the library as it was: the rest of it has to have been used meanwhile. */
const ACTIVE_DAYS = 30

export interface RetirementProposal {
  name: string
  version: number
  idleDays: number
  reuses: number
  reason: string
}

/**
 * Tools that were made and never came back: hardly reused, idle for a season in which others were used. Pinned and disabled
 * ones are left to who pinned or disabled them; what other tools import is for the caller to leave out. Pure.
 */
export function proposeRetirement(tools: readonly ToolSummary[], now: number): RetirementProposal[] {
  const lastUses = tools.flatMap(({ ledger }) => (ledger.lastUsedAt === null ? [] : [Date.parse(ledger.lastUsedAt)]))
  const isActive = lastUses.some((at) => now - at <= ACTIVE_DAYS * DAY_MS)
  if (!isActive) return []
  return tools.flatMap(({ name, version, state, disabled, pinnedVersion, createdAt, ledger }) => {
    if (disabled || pinnedVersion !== null || !USABLE_STATES.includes(state)) return []
    const idleDays = Math.floor((now - Date.parse(ledger.lastUsedAt ?? createdAt)) / DAY_MS)
    if (!(idleDays >= IDLE_DAYS) || ledger.reuses >= REUSES_THAT_STAY) return []
    const reuses = ledger.reuses === 0 ? 'never reused' : `reused ${ledger.reuses === 1 ? 'once' : 'twice'}`
    return [{ name, version, idleDays, reuses: ledger.reuses, reason: `${reuses}, not used for ${idleDays} days` }]
  })
}
