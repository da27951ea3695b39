import type { ToolVersion } from '../../contracts/tool.ts'
import { initialState, toVersion, toVersionBody, type VersionRow, type VersionToSave } from '../records/tool-version.ts'
import type { Transaction } from './transaction.ts'

const SELECT_VERSION = `
  SELECT v.tool_id, t.name, v.version, v.language, v.summary, v.code_hash, v.state, v.state_reason, v.body
  FROM tool t JOIN tool_version v ON v.tool_id = t.id`

/** The version asked for, or the current one. */
export async function selectVersion(
  transaction: Transaction,
  name: string,
  version?: number,
): Promise<ToolVersion | null> {
  const row =
    version === undefined
      ? await transaction.get<VersionRow>(
          `${SELECT_VERSION} AND v.version = t.current_version WHERE t.name = $1::text`,
          name,
        )
      : await transaction.get<VersionRow>(
          `${SELECT_VERSION} WHERE t.name = $1::text AND v.version = $2::int`,
          name,
          version,
        )
  if (row === undefined) return null
  const pins = await selectPins(transaction, row.tool_id)
  return toVersion(row, pins.get(row.version) ?? [])
}

/** Oldest first. */
export async function selectVersions(transaction: Transaction, name: string): Promise<ToolVersion[]> {
  const rows = await transaction.all<VersionRow>(`${SELECT_VERSION} WHERE t.name = $1::text ORDER BY v.version`, name)
  const [first] = rows
  if (first === undefined) return []
  const pins = await selectPins(transaction, first.tool_id)
  return rows.map((row) => toVersion(row, pins.get(row.version) ?? []))
}

/** Of all versions of the tool, by version. */
async function selectPins(transaction: Transaction, toolId: number): Promise<Map<number, ToolVersion['pins']>> {
  const rows = await transaction.all<{ pinned_by: number; name: string; version: number }>(
    `SELECT version AS pinned_by, imported_name AS name, imported_version AS version FROM tool_pin
     WHERE tool_id = $1::int ORDER BY version, imported_name`,
    toolId,
  )
  return new Map(
    [...Map.groupBy(rows, (row) => row.pinned_by)].map(([version, pins]) => [
      version,
      pins.map((pin) => ({ name: pin.name, version: pin.version })),
    ]),
  )
}

/** True where every tool that is pinned is there. */
export async function hasPinned(transaction: Transaction, pins: ToolVersion['pins']): Promise<boolean> {
  if (pins.length === 0) return true
  const found = await transaction.get<{ missing: number }>(
    `SELECT count(*) AS missing FROM unnest($1::text[], $2::int[]) AS p (name, version)
     WHERE NOT EXISTS (
       SELECT FROM tool t JOIN tool_version v ON v.tool_id = t.id WHERE t.name = p.name AND v.version = p.version
     )`,
    pins.map((pin) => pin.name),
    pins.map((pin) => pin.version),
  )
  return found?.missing === 0
}

export async function insertVersion(
  transaction: Transaction,
  { toolId, version }: { toolId: number; version: number },
  tool: VersionToSave,
): Promise<void> {
  const { state, stateReason } = initialState(tool)
  await transaction.run(
    `INSERT INTO tool_version (tool_id, version, language, summary, code_hash, state, state_reason, created_at, body)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    toolId,
    version,
    tool.language,
    tool.summary,
    tool.codeHash,
    state,
    stateReason,
    tool.provenance.createdAt,
    toVersionBody(tool),
  )
  if (tool.pins.length === 0) return
  await transaction.run(
    `INSERT INTO tool_pin (tool_id, version, imported_name, imported_version)
     SELECT $1::int, $2::int, p.name, p.version FROM unnest($3::text[], $4::int[]) AS p (name, version)`,
    toolId,
    version,
    tool.pins.map((pin) => pin.name),
    tool.pins.map((pin) => pin.version),
  )
}
