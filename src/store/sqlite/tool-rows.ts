import type { ToolVersion } from '../../contracts/tool.ts'
import { USABLE_LIST } from '../records/change.ts'
import {
  amendBody,
  toVersion,
  toVersionValues,
  VERSION_COLUMNS,
  type VersionRow,
  type VersionToSave,
} from '../records/tool-version.ts'
import type { Database } from './database.ts'

const SELECT_VERSION = `
  SELECT v.tool_id, t.name, v.version, v.language, v.summary, v.code_hash, v.state, v.state_reason, v.body
  FROM tool t JOIN tool_version v ON v.tool_id = t.id`

/** The version asked for, or the current one. */
export function selectVersion(database: Database, name: string, version?: number): ToolVersion | null {
  const row =
    version === undefined
      ? database.get<VersionRow>(`${SELECT_VERSION} AND v.version = t.current_version WHERE t.name = ?`, name)
      : database.get<VersionRow>(`${SELECT_VERSION} WHERE t.name = ? AND v.version = ?`, name, version)
  return row === undefined ? null : readVersion(database, row)
}

/** The current version where it is usable and the tool is not disabled. */
export function selectUsable(database: Database, name: string): ToolVersion | null {
  const row = database.get<VersionRow>(
    `${SELECT_VERSION} AND v.version = t.current_version WHERE t.name = ? AND t.current_state IN (${USABLE_LIST})`,
    name,
  )
  return row === undefined ? null : readVersion(database, row)
}

/** Oldest first. */
export function selectVersions(database: Database, name: string): ToolVersion[] {
  const rows = database.all<VersionRow>(`${SELECT_VERSION} WHERE t.name = ? ORDER BY v.version`, name)
  return rows.map((row) => readVersion(database, row))
}

/** The versions of other tools that import any version of the tool. */
export function selectImporters(database: Database, name: string): { name: string; version: number }[] {
  return database
    .all<{ name: string; version: number }>(
      `SELECT t.name, p.version FROM tool_pin p JOIN tool t ON t.id = p.tool_id
       WHERE p.imported_name = ?1 AND t.name <> ?1 ORDER BY t.name, p.version`,
      name,
    )
    .map((row) => ({ name: row.name, version: row.version }))
}

export function insertVersion(database: Database, toolId: number, version: number, tool: VersionToSave): void {
  database.run(
    `INSERT INTO tool_version (tool_id, version, ${VERSION_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    toolId,
    version,
    ...toVersionValues(tool),
  )
  for (const pin of tool.pins) {
    database.run(
      'INSERT INTO tool_pin (tool_id, version, imported_name, imported_version) VALUES (?, ?, ?, ?)',
      toolId,
      version,
      pin.name,
      pin.version,
    )
  }
}

export function updateBody(
  database: Database,
  { name, version }: { name: string; version: number },
  amended: Pick<ToolVersion, 'tests' | 'admission'>,
): void {
  const row = database.get<VersionRow>(`${SELECT_VERSION} WHERE t.name = ? AND v.version = ?`, name, version)
  if (row === undefined) return
  database.run(
    'UPDATE tool_version SET body = ? WHERE tool_id = ? AND version = ?',
    amendBody(row.body, amended),
    row.tool_id,
    version,
  )
}

function readVersion(database: Database, row: VersionRow): ToolVersion {
  const pins = database.all<{ name: string; version: number }>(
    `SELECT imported_name AS name, imported_version AS version FROM tool_pin
     WHERE tool_id = ? AND version = ? ORDER BY imported_name`,
    row.tool_id,
    row.version,
  )
  // Rows of node:sqlite have no prototype; what goes out shall be ordinary objects.
  const plain = pins.map(({ name, version }) => ({ name, version }))
  return toVersion(row, plain)
}
