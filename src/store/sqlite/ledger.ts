import type { LedgerSummary, ToolSummary, ToolUse } from '../../contracts/tool.ts'
import { toLedger, toSummary, type LedgerRow, type SummaryRow } from '../records/ledger.ts'
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
    `INSERT INTO tool_use (tool_id, version, run_id, at, outcome, cause, wall_ms, reused, tokens_saved)
     SELECT v.tool_id, v.version, ?, ?, ?, ?, ?, ?, ?
     FROM tool t JOIN tool_version v ON v.tool_id = t.id WHERE t.name = ? AND v.version = ?`,
    use.runId,
    use.at,
    use.outcome,
    use.cause,
    use.wallMs,
    use.reused ? 1 : 0,
    use.tokensSaved,
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
    `SELECT t.name, v.version, v.language, v.summary, v.state, v.created_at, ${SUMS}
     FROM tool t
     JOIN tool_version v ON v.tool_id = t.id AND v.version = t.current_version
     LEFT JOIN tool_use u ON u.tool_id = t.id
     GROUP BY t.id ORDER BY t.name`,
  )
  return rows.map(toSummary)
}
