import type { LedgerSummary, ToolSummary } from '../../contracts/tool.ts'

/** Sums over uses, as an aggregate query gives them. */
export interface LedgerRow {
  uses: number
  successes: number
  reuses: number
  tokens_saved: number
  wall_ms: number
  last_used_at: string | null
}

export type SummaryRow = LedgerRow & Omit<ToolSummary, 'createdAt' | 'ledger'> & { created_at: string }

export function toLedger(row: LedgerRow): LedgerSummary {
  return {
    uses: row.uses,
    successes: row.successes,
    failures: row.uses - row.successes,
    reuses: row.reuses,
    tokensSaved: row.tokens_saved,
    wallMs: row.wall_ms,
    lastUsedAt: row.last_used_at,
  }
}

export function toSummary(row: SummaryRow): ToolSummary {
  const { name, version, language, summary, state } = row
  return { name, version, language, summary, state, createdAt: row.created_at, ledger: toLedger(row) }
}
