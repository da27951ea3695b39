import { JUDGED_USES, type UseHistory } from '../../contracts/store.ts'
import type {
  LedgerSummary,
  ToolFailure,
  ToolState,
  ToolSummary,
  ToolUse,
  VersionLedger,
} from '../../contracts/tool.ts'
import {
  toJudgedUse,
  toLedger,
  toSummary,
  toVersionLedgers,
  type FailureRow,
  type JudgedUseRow,
  type LedgerRow,
  type SummaryRow,
  type VersionLedgerRow,
} from '../records/ledger.ts'
import type { Database } from './database.ts'

/** Over rows of `tool_use u`; an outer join without a match counts as no use. */
const SUMS = `
  count(u.id) AS uses,
  coalesce(sum(u.outcome = 'success'), 0) AS successes,
  coalesce(sum(u.reused), 0) AS reuses,
  coalesce(sum(u.tokens_saved), 0) AS tokens_saved,
  coalesce(sum(u.wall_ms), 0) AS wall_ms,
  max(u.at) AS last_used_at`

/** False where there is no such version. */
export function insertUse(database: Database, use: ToolUse): boolean {
  const { changes } = database.run(
    `INSERT INTO tool_use (tool_id, version, run_id, at, outcome, cause, fault, wall_ms, reused, tokens_saved,
       cost_saved_usd, input_hash)
     SELECT v.tool_id, v.version, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
     FROM tool t JOIN tool_version v ON v.tool_id = t.id WHERE t.name = ? AND v.version = ?`,
    use.runId,
    use.at,
    use.outcome,
    use.cause,
    use.outcome === 'success' ? null : (use.fault ?? 'unknown'),
    use.wallMs,
    use.reused ? 1 : 0,
    use.tokensSaved,
    use.costSavedUsd ?? null,
    use.inputHash ?? null,
    use.name,
    use.version,
  )
  return changes === 1
}

/** Of all versions of the name; zeros where there is no such tool. */
export function selectLedger(database: Database, name: string): LedgerSummary {
  const row = database.get<LedgerRow>(
    `SELECT ${SUMS} FROM tool t JOIN tool_use u ON u.tool_id = t.id WHERE t.name = ?`,
    name,
  )
  if (row === undefined) throw new TypeError('An aggregate query gave no row')
  return toLedger(row)
}

export function selectSummaries(database: Database): ToolSummary[] {
  const rows = database.all<SummaryRow>(
    `SELECT t.name, v.version, v.language, v.summary, v.state, v.created_at, t.disabled, t.pinned_version, t.annotation,
       (SELECT max(n.version) FROM tool_version n WHERE n.tool_id = t.id) AS newest_version, ${SUMS}
     FROM tool t
     JOIN tool_version v ON v.tool_id = t.id AND v.version = t.current_version
     LEFT JOIN tool_use u ON u.tool_id = t.id
     GROUP BY t.id ORDER BY t.name`,
  )
  return rows.map(toSummary)
}

/** Of one tool, or of all. */
export function selectLedgers(database: Database, name?: string): VersionLedger[] {
  const chosen = name === undefined ? '' : 'WHERE t.name = ?'
  const parameters = name === undefined ? [] : [name]
  const rows = database.all<VersionLedgerRow>(
    `SELECT t.name, v.version, v.state, v.created_at, v.made_tokens, v.made_cost_usd, ${SUMS},
       count(DISTINCT CASE WHEN u.reused THEN u.run_id END) AS reusing_runs,
       count(DISTINCT CASE WHEN u.outcome = 'success' THEN u.input_hash END) AS different_inputs,
       coalesce(sum(u.cost_saved_usd), 0) AS cost_saved_usd,
       coalesce(sum(u.outcome = 'success' AND u.reused AND u.cost_saved_usd IS NULL), 0) AS unpriced
     FROM tool t JOIN tool_version v ON v.tool_id = t.id
     LEFT JOIN tool_use u ON u.tool_id = v.tool_id AND u.version = v.version
     ${chosen} GROUP BY t.id, v.version ORDER BY t.name, v.version`,
    ...parameters,
  )
  const failures = database.all<FailureRow>(
    `SELECT t.name, u.version, u.cause, u.fault, count(*) AS failures
     FROM tool t JOIN tool_use u ON u.tool_id = t.id
     ${chosen === '' ? 'WHERE' : `${chosen} AND`} u.outcome <> 'success' GROUP BY t.name, u.version, u.cause, u.fault`,
    ...parameters,
  )
  return toVersionLedgers(rows, failures)
}

/** Newest first. */
export function selectFailures(
  database: Database,
  { name, version, limit }: { name: string; version: number; limit: number },
): ToolFailure[] {
  const rows = database.all<ToolFailure>(
    `SELECT u.run_id AS "runId", u.at, u.cause, u.fault FROM tool t JOIN tool_use u ON u.tool_id = t.id
     WHERE t.name = ? AND u.version = ? AND u.outcome <> 'success' ORDER BY u.id DESC LIMIT ?`,
    name,
    version,
    limit,
  )
  // Rows of the driver have no prototype.
  return rows.map((row) => ({ ...row }))
}

/** What the rules judge a version by; null where there is none. */
export function selectHistory(database: Database, name: string, version: number): UseHistory | null {
  const row = database.get<{ id: number; state: ToolState; pinned_version: number | null; counted_after: number }>(
    `SELECT t.id, v.state, t.pinned_version, v.counted_after
     FROM tool t JOIN tool_version v ON v.tool_id = t.id WHERE t.name = ? AND v.version = ?`,
    name,
    version,
  )
  if (row === undefined) return null
  const uses = database.all<JudgedUseRow>(
    `SELECT outcome, fault, input_hash, reused FROM tool_use
     WHERE tool_id = ? AND version = ? AND id > ? ORDER BY id DESC LIMIT ${JUDGED_USES}`,
    row.id,
    version,
    row.counted_after,
  )
  return { state: row.state, pinned: row.pinned_version !== null, uses: uses.map(toJudgedUse) }
}
