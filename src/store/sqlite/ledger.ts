import type { LedgerSummary, ToolSummary, ToolUse } from '../../contracts/tool.ts'
import type { Database } from './database.ts'

/** A row of one aggregate query: booleans and sums as SQLite gives them. */
interface LedgerRow {
  uses: number
  successes: number
  reuses: number
  tokens_saved: number
  wall_ms: number
  last_used_at: string | null
}

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
  const rows = database.all<LedgerRow & Omit<ToolSummary, 'createdAt' | 'ledger'> & { created_at: string }>(
    `SELECT t.name, v.version, v.language, v.summary, v.state, v.created_at, ${SUMS}
     FROM tool t
     JOIN tool_version v ON v.tool_id = t.id AND v.version = t.current_version
     LEFT JOIN tool_use u ON u.tool_id = t.id
     GROUP BY t.id ORDER BY t.name`,
  )
  return rows.map((row) => {
    const { name, version, language, summary, state } = row
    return { name, version, language, summary, state, createdAt: row.created_at, ledger: toLedger(row) }
  })
}

function toLedger(row: LedgerRow): LedgerSummary {
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
