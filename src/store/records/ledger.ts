import type { FailureSource, LedgerSummary, ToolSummary, UseOutcome, VersionLedger } from '../../contracts/tool.ts'
import type { UseHistory } from '../../contracts/store.ts'

/** Sums over uses, as an aggregate query gives them. */
export interface LedgerRow {
  uses: number
  successes: number
  reuses: number
  tokens_saved: number
  wall_ms: number
  last_used_at: string | null
}

export type SummaryRow = LedgerRow &
  Pick<ToolSummary, 'name' | 'version' | 'language' | 'summary' | 'state' | 'annotation'> & {
    created_at: string
    /** SQLite has no booleans. */
    disabled: number | boolean
    pinned_version: number | null
    newest_version: number
  }

export type VersionLedgerRow = LedgerRow &
  Pick<VersionLedger, 'name' | 'version' | 'state'> & {
    created_at: string
    made_tokens: number
    made_cost_usd: number | null
    reusing_runs: number
    different_inputs: number
    cost_saved_usd: number
    /** Successful reuses without a price. */
    unpriced: number
  }

/** Failures of one kind. */
export interface FailureRow {
  name: string
  version: number
  cause: string
  fault: FailureSource
  failures: number
}

/** More of them say nothing more. */
const SHOWN_CAUSES = 10

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
  const { name, version, language, summary, state, annotation } = row
  return {
    name,
    version,
    language,
    summary,
    state,
    createdAt: row.created_at,
    disabled: Boolean(row.disabled),
    pinnedVersion: row.pinned_version,
    annotation,
    newestVersion: row.newest_version,
    ledger: toLedger(row),
  }
}

/** `failures` in any order. */
export function toVersionLedgers(rows: VersionLedgerRow[], failures: FailureRow[]): VersionLedger[] {
  const byVersion = Map.groupBy(failures, ({ name, version }) => `${name}@${version}`)
  return rows.map((row) => {
    const own = byVersion.get(`${row.name}@${row.version}`) ?? []
    const failuresBy = { tool: 0, caller: 0, host: 0, unknown: 0 }
    for (const { fault, failures: count } of own) failuresBy[fault] += count
    return {
      name: row.name,
      version: row.version,
      state: row.state,
      createdAt: row.created_at,
      ...toLedger(row),
      reusingRuns: row.reusing_runs,
      differentInputs: row.different_inputs,
      failuresBy,
      causes: own
        .toSorted((left, right) => right.failures - left.failures || (left.cause < right.cause ? -1 : 1))
        .slice(0, SHOWN_CAUSES)
        .map(({ cause, fault, failures: count }) => ({ cause, fault, count })),
      madeTokens: row.made_tokens,
      madeCostUsd: row.made_cost_usd,
      costSavedUsd: row.cost_saved_usd,
      costKnown: row.unpriced === 0 && row.made_cost_usd !== null,
    }
  })
}

export interface JudgedUseRow {
  outcome: UseOutcome
  fault: FailureSource | null
  input_hash: string | null
  reused: number | boolean
}

export function toJudgedUse(row: JudgedUseRow): UseHistory['uses'][number] {
  return {
    outcome: row.outcome,
    ...(row.fault === null ? {} : { fault: row.fault }),
    ...(row.input_hash === null ? {} : { inputHash: row.input_hash }),
    reused: Boolean(row.reused),
  }
}
