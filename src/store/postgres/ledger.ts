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
import type { Transaction } from './transaction.ts'

/** Over rows of `tool_use u`; an outer join without a match counts as no use. */
const SUMS = `
  count(u.id) AS uses,
  count(*) FILTER (WHERE u.outcome = 'success') AS successes,
  count(*) FILTER (WHERE u.reused) AS reuses,
  coalesce(sum(u.tokens_saved), 0) AS tokens_saved,
  coalesce(sum(u.wall_ms), 0) AS wall_ms,
  max(u.at) AS last_used_at`

/** False where there is no such version. */
export async function insertUse(transaction: Transaction, use: ToolUse): Promise<boolean> {
  const inserted = await transaction.run(
    `INSERT INTO tool_use (tool_id, version, run_id, at, outcome, cause, fault, wall_ms, reused, tokens_saved,
       cost_saved_usd, input_hash)
     SELECT v.tool_id, v.version, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
     FROM tool t JOIN tool_version v ON v.tool_id = t.id WHERE t.name = $11::text AND v.version = $12::int`,
    use.runId,
    use.at,
    use.outcome,
    use.cause,
    use.outcome === 'success' ? null : (use.fault ?? 'unknown'),
    use.wallMs,
    use.reused,
    use.tokensSaved,
    use.costSavedUsd ?? null,
    use.inputHash ?? null,
    use.name,
    use.version,
  )
  return inserted === 1
}

/** Of all versions of the name; zeros where there is no such tool. */
export async function selectLedger(transaction: Transaction, name: string): Promise<LedgerSummary> {
  const row = await transaction.get<LedgerRow>(
    `SELECT ${SUMS} FROM tool t JOIN tool_use u ON u.tool_id = t.id WHERE t.name = $1::text`,
    name,
  )
  if (row === undefined) throw new TypeError('An aggregate query gave no row')
  return toLedger(row)
}

export async function selectSummaries(transaction: Transaction): Promise<ToolSummary[]> {
  const rows = await transaction.all<SummaryRow>(
    `SELECT t.name, v.version, v.language, v.summary, v.state, v.created_at, t.disabled, t.pinned_version, t.annotation,
       (SELECT max(n.version) FROM tool_version n WHERE n.tool_id = t.id) AS newest_version, ${SUMS}
     FROM tool t
     JOIN tool_version v ON v.tool_id = t.id AND v.version = t.current_version
     LEFT JOIN tool_use u ON u.tool_id = t.id
     GROUP BY t.id, v.tool_id, v.version ORDER BY t.name`,
  )
  return rows.map(toSummary)
}

/** Of one tool, or of all. */
export async function selectLedgers(transaction: Transaction, name?: string): Promise<VersionLedger[]> {
  const chosen = name === undefined ? '' : 'WHERE t.name = $1::text'
  const parameters = name === undefined ? [] : [name]
  const rows = await transaction.all<VersionLedgerRow>(
    `SELECT t.name, v.version, v.state, v.created_at, v.made_tokens, v.made_cost_usd, ${SUMS},
       count(DISTINCT u.run_id) FILTER (WHERE u.reused) AS reusing_runs,
       count(DISTINCT u.input_hash) FILTER (WHERE u.outcome = 'success') AS different_inputs,
       coalesce(sum(u.cost_saved_usd), 0) AS cost_saved_usd,
       count(*) FILTER (WHERE u.outcome = 'success' AND u.reused AND u.cost_saved_usd IS NULL) AS unpriced
     FROM tool t JOIN tool_version v ON v.tool_id = t.id
     LEFT JOIN tool_use u ON u.tool_id = v.tool_id AND u.version = v.version
     ${chosen} GROUP BY t.id, v.tool_id, v.version ORDER BY t.name, v.version`,
    ...parameters,
  )
  const failures = await transaction.all<FailureRow>(
    `SELECT t.name, u.version, u.cause, u.fault, count(*) AS failures
     FROM tool t JOIN tool_use u ON u.tool_id = t.id
     ${chosen === '' ? 'WHERE' : `${chosen} AND`} u.outcome <> 'success' GROUP BY t.name, u.version, u.cause, u.fault`,
    ...parameters,
  )
  return toVersionLedgers(rows, failures)
}

/** Newest first. */
export async function selectFailures(
  transaction: Transaction,
  { name, version, limit }: { name: string; version: number; limit: number },
): Promise<ToolFailure[]> {
  return transaction.all<ToolFailure>(
    `SELECT u.run_id AS "runId", u.at, u.cause, u.fault FROM tool t JOIN tool_use u ON u.tool_id = t.id
     WHERE t.name = $1::text AND u.version = $2::int AND u.outcome <> 'success' ORDER BY u.id DESC LIMIT $3::int`,
    name,
    version,
    limit,
  )
}

/** What the rules judge a version by; null where there is none. */
export async function selectHistory(
  transaction: Transaction,
  name: string,
  version: number,
): Promise<UseHistory | null> {
  const row = await transaction.get<{
    id: number
    state: ToolState
    pinned_version: number | null
    counted_after: number
  }>(
    `SELECT t.id, v.state, t.pinned_version, v.counted_after
     FROM tool t JOIN tool_version v ON v.tool_id = t.id WHERE t.name = $1::text AND v.version = $2::int`,
    name,
    version,
  )
  if (row === undefined) return null
  const uses = await transaction.all<JudgedUseRow>(
    `SELECT outcome, fault, input_hash, reused FROM tool_use
     WHERE tool_id = $1::int AND version = $2::int AND id > $3::bigint ORDER BY id DESC LIMIT ${JUDGED_USES}`,
    row.id,
    version,
    row.counted_after,
  )
  return { state: row.state, pinned: row.pinned_version !== null, uses: uses.map(toJudgedUse) }
}
