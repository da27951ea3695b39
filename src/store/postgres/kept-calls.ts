import { KEPT_CALLS, KEPT_CALLS_BYTES } from '../../contracts/store.ts'
import type { KeptCall } from '../../contracts/tool.ts'
import { toCallRow, toKeptCall, type CallRow } from '../records/kept-call.ts'
import type { Transaction } from './transaction.ts'

/** Puts the call in the place of an older one with the same input; what is beyond the bounds goes. */
export async function insertCall(
  transaction: Transaction,
  { name, version }: { name: string; version: number },
  call: KeptCall,
): Promise<void> {
  const row = toCallRow(call)
  if (row === null) return
  const tool = await transaction.get<{ id: number }>('SELECT id FROM tool WHERE name = $1::text', name)
  if (tool === undefined) return
  await transaction.run(
    'DELETE FROM tool_call WHERE tool_id = $1 AND version = $2 AND input_hash = $3',
    tool.id,
    version,
    row.input_hash,
  )
  await transaction.run(
    `INSERT INTO tool_call (tool_id, version, input_hash, at, arguments, value, bytes)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    tool.id,
    version,
    row.input_hash,
    row.at,
    row.arguments,
    row.value,
    row.bytes,
  )
  await transaction.run(
    `DELETE FROM tool_call WHERE id IN (
       SELECT id FROM (
         SELECT id, row_number() OVER newest AS place, sum(bytes) OVER newest AS total
         FROM tool_call WHERE tool_id = $1 AND version = $2 WINDOW newest AS (ORDER BY id DESC)
       ) AS kept WHERE place > ${KEPT_CALLS} OR total > ${KEPT_CALLS_BYTES}
     )`,
    tool.id,
    version,
  )
}

/** Newest first. */
export async function selectCalls(transaction: Transaction, name: string, version: number): Promise<KeptCall[]> {
  const rows = await transaction.all<CallRow>(
    `SELECT c.input_hash, c.at, c.arguments, c.value FROM tool t JOIN tool_call c ON c.tool_id = t.id
     WHERE t.name = $1::text AND c.version = $2::int ORDER BY c.id DESC`,
    name,
    version,
  )
  return rows.map(toKeptCall)
}

export async function deleteCalls(transaction: Transaction, name: string | undefined): Promise<number> {
  if (name === undefined) return transaction.run('DELETE FROM tool_call')
  return transaction.run('DELETE FROM tool_call WHERE tool_id = (SELECT id FROM tool WHERE name = $1::text)', name)
}
