import type { LedgerSummary, ToolSummary, ToolUse } from '../../contracts/tool.ts'
import { toLedger, toSummary, type LedgerRow, type SummaryRow } from '../records/ledger.ts'
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
    `INSERT INTO tool_use (tool_id, version, run_id, at, outcome, cause, wall_ms, reused, tokens_saved)
     SELECT v.tool_id, v.version, $1, $2, $3, $4, $5, $6, $7
     FROM tool t JOIN tool_version v ON v.tool_id = t.id WHERE t.name = $8::text AND v.version = $9::int`,
    use.runId,
    use.at,
    use.outcome,
    use.cause,
    use.wallMs,
    use.reused,
    use.tokensSaved,
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
    `SELECT t.name, v.version, v.language, v.summary, v.state, v.created_at, ${SUMS}
     FROM tool t
     JOIN tool_version v ON v.tool_id = t.id AND v.version = t.current_version
     LEFT JOIN tool_use u ON u.tool_id = t.id
     GROUP BY t.id, v.tool_id, v.version ORDER BY t.name`,
  )
  return rows.map(toSummary)
}
