import type { IndexTextOf } from '../../contracts/store.ts'
import type { ToolChange, ToolRecord, ToolState } from '../../contracts/tool.ts'
import {
  toChange,
  toRecord,
  USABLE_LIST,
  type ChangeRow,
  type PlannedChange,
  type RecordedVersionRow,
  type ToolRow,
} from '../records/change.ts'
import type { Database } from './database.ts'
import { replaceIndexText } from './tool-index.ts'
import { selectVersion } from './tool-rows.ts'

const SELECT_VERSIONS = `
  SELECT version, state, state_reason, created_at, EXISTS (
    SELECT 1 FROM tool_change c WHERE c.tool_id = v.tool_id AND c.version = v.version
      AND c.kind = 'state' AND c.state IN (${USABLE_LIST})
  ) AS was_usable
  FROM tool_version v WHERE tool_id = ? ORDER BY version`

/** With the tool's own id; null where there is no such tool. */
export function selectRecord(database: Database, name: string): { id: number; record: ToolRecord } | null {
  const row = database.get<ToolRow>('SELECT * FROM tool WHERE name = ?', name)
  if (row === undefined) return null
  return { id: row.id, record: toRecord(row, database.all<RecordedVersionRow>(SELECT_VERSIONS, row.id)) }
}

export function selectChanges(database: Database, name: string): ToolChange[] {
  const rows = database.all<ChangeRow>(
    'SELECT c.* FROM tool t JOIN tool_change c ON c.tool_id = t.id WHERE t.name = ? ORDER BY c.id',
    name,
  )
  return rows.map(toChange)
}

/** Writes what was planned on the record. `judgedAnew`: uses of versions whose state changes count no more. */
export function writeChange(
  database: Database,
  { id, record }: { id: number; record: ToolRecord },
  { after, states, changes }: PlannedChange,
  { indexOf, judgedAnew }: { indexOf: IndexTextOf; judgedAnew: boolean },
): ToolChange[] {
  for (const { version, state, reason } of states) setState(database, id, { version, state, reason, judgedAnew })
  writeTool(database, id, after)
  writeChanges(database, id, changes)
  if (after.currentVersion !== record.currentVersion) {
    const current = selectVersion(database, record.name)
    if (current !== null) replaceIndexText(database, id, indexOf(current))
  }
  return changes
}

function setState(
  database: Database,
  toolId: number,
  { version, state, reason, judgedAnew }: { version: number; state: ToolState; reason: string; judgedAnew: boolean },
): void {
  database.run(
    'UPDATE tool_version SET state = ?, state_reason = ? WHERE tool_id = ? AND version = ?',
    state,
    reason,
    toolId,
    version,
  )
  if (!judgedAnew) return
  database.run(
    `UPDATE tool_version SET counted_after = (
       SELECT coalesce(max(u.id), 0) FROM tool_use u WHERE u.tool_id = ?1 AND u.version = ?2
     ) WHERE tool_id = ?1 AND version = ?2`,
    toolId,
    version,
  )
}

export function writeTool(database: Database, toolId: number, after: PlannedChange['after']): void {
  database.run(
    `UPDATE tool SET current_version = ?, current_state = ?, pinned_version = ?, disabled = ?, annotation = ?
     WHERE id = ?`,
    after.currentVersion,
    after.currentState,
    after.pinnedVersion,
    after.disabled ? 1 : 0,
    after.annotation,
    toolId,
  )
}

export function writeChanges(database: Database, toolId: number, changes: readonly ToolChange[]): void {
  for (const { at, kind, version, state, reason, by } of changes) {
    database.run(
      'INSERT INTO tool_change (tool_id, version, at, kind, state, reason, author) VALUES (?, ?, ?, ?, ?, ?, ?)',
      toolId,
      version,
      at,
      kind,
      state,
      reason,
      by,
    )
  }
}
