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
import { replaceIndexText } from './tool-index.ts'
import { selectVersion } from './tool-rows.ts'
import type { Transaction } from './transaction.ts'

const SELECT_VERSIONS = `
  SELECT version, state, state_reason, created_at, EXISTS (
    SELECT FROM tool_change c WHERE c.tool_id = v.tool_id AND c.version = v.version
      AND c.kind = 'state' AND c.state IN (${USABLE_LIST})
  ) AS was_usable
  FROM tool_version v WHERE tool_id = $1::int ORDER BY version`

/** With the tool's own id; null where there is no such tool. */
export async function selectRecord(
  transaction: Transaction,
  name: string,
): Promise<{ id: number; record: ToolRecord } | null> {
  const row = await transaction.get<ToolRow>('SELECT * FROM tool WHERE name = $1::text', name)
  if (row === undefined) return null
  const versions = await transaction.all<RecordedVersionRow>(SELECT_VERSIONS, row.id)
  return { id: row.id, record: toRecord(row, versions) }
}

export async function selectChanges(transaction: Transaction, name: string): Promise<ToolChange[]> {
  const rows = await transaction.all<ChangeRow>(
    'SELECT c.* FROM tool t JOIN tool_change c ON c.tool_id = t.id WHERE t.name = $1::text ORDER BY c.id',
    name,
  )
  return rows.map(toChange)
}

/**
 * Writes what was planned on the record; only under the lock on the library. `judgedAnew`: uses of versions whose state
 * changes count no more.
 */
export async function writeChange(
  transaction: Transaction,
  { id, record }: { id: number; record: ToolRecord },
  { after, states, changes }: PlannedChange,
  { indexOf, judgedAnew }: { indexOf: IndexTextOf; judgedAnew: boolean },
): Promise<ToolChange[]> {
  for (const { version, state, reason } of states) {
    await setState(transaction, id, { version, state, reason, judgedAnew })
  }
  await writeTool(transaction, id, after)
  await writeChanges(transaction, id, changes)
  if (after.currentVersion !== record.currentVersion) {
    const current = await selectVersion(transaction, record.name)
    if (current !== null) await replaceIndexText(transaction, id, indexOf(current))
  }
  return changes
}

async function setState(
  transaction: Transaction,
  toolId: number,
  { version, state, reason, judgedAnew }: { version: number; state: ToolState; reason: string; judgedAnew: boolean },
): Promise<void> {
  await transaction.run(
    'UPDATE tool_version SET state = $1, state_reason = $2 WHERE tool_id = $3 AND version = $4',
    state,
    reason,
    toolId,
    version,
  )
  if (!judgedAnew) return
  await transaction.run(
    `UPDATE tool_version SET counted_after = (
       SELECT coalesce(max(u.id), 0) FROM tool_use u WHERE u.tool_id = $1::int AND u.version = $2::int
     ) WHERE tool_id = $1::int AND version = $2::int`,
    toolId,
    version,
  )
}

export async function writeTool(
  transaction: Transaction,
  toolId: number,
  after: PlannedChange['after'],
): Promise<void> {
  await transaction.run(
    `UPDATE tool SET current_version = $1, current_state = $2, pinned_version = $3, disabled = $4, annotation = $5
     WHERE id = $6`,
    after.currentVersion,
    after.currentState,
    after.pinnedVersion,
    after.disabled,
    after.annotation,
    toolId,
  )
}

export async function writeChanges(
  transaction: Transaction,
  toolId: number,
  changes: readonly ToolChange[],
): Promise<void> {
  for (const { at, kind, version, state, reason, by } of changes) {
    await transaction.run(
      'INSERT INTO tool_change (tool_id, version, at, kind, state, reason, author) VALUES ($1, $2, $3, $4, $5, $6, $7)',
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
