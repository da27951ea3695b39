import { KEPT_CALLS, KEPT_CALLS_BYTES } from '../../contracts/store.ts'
import type { KeptCall } from '../../contracts/tool.ts'
import { toCallRow, toKeptCall, type CallRow } from '../records/kept-call.ts'
import type { Database } from './database.ts'

/** Puts the call in the place of an older one with the same input; what is beyond the bounds goes. */
export function insertCall(
  database: Database,
  { name, version }: { name: string; version: number },
  call: KeptCall,
): void {
  const row = toCallRow(call)
  if (row === null) return
  const tool = database.get<{ id: number }>('SELECT id FROM tool WHERE name = ?', name)
  if (tool === undefined) return
  const place = [tool.id, version]
  database.run('DELETE FROM tool_call WHERE tool_id = ? AND version = ? AND input_hash = ?', ...place, row.input_hash)
  database.run(
    'INSERT INTO tool_call (tool_id, version, input_hash, at, arguments, value, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ...place,
    row.input_hash,
    row.at,
    row.arguments,
    row.value,
    row.bytes,
  )
  database.run(
    `DELETE FROM tool_call WHERE id IN (
       SELECT id FROM (
         SELECT id, row_number() OVER newest AS place, sum(bytes) OVER newest AS total
         FROM tool_call WHERE tool_id = ? AND version = ? WINDOW newest AS (ORDER BY id DESC)
       ) WHERE place > ${KEPT_CALLS} OR total > ${KEPT_CALLS_BYTES}
     )`,
    ...place,
  )
}

/** Newest first. */
export function selectCalls(database: Database, name: string, version: number): KeptCall[] {
  const rows = database.all<CallRow>(
    `SELECT c.input_hash, c.at, c.arguments, c.value
     FROM tool t JOIN tool_call c ON c.tool_id = t.id WHERE t.name = ? AND c.version = ? ORDER BY c.id DESC`,
    name,
    version,
  )
  return rows.map(toKeptCall)
}

export function deleteCalls(database: Database, name: string | undefined): number {
  if (name === undefined) return database.run('DELETE FROM tool_call').changes
  return database.run('DELETE FROM tool_call WHERE tool_id = (SELECT id FROM tool WHERE name = ?)', name).changes
}
