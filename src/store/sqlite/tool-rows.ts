import type { ToolLanguage } from '../../contracts/sandbox.ts'
import type { NewTool, ToolState, ToolVersion } from '../../contracts/tool.ts'
import type { Database } from './database.ts'

/** What `saveVersion` is given. */
export type VersionToSave = NewTool & { codeHash: string; pins: ToolVersion['pins'] }

interface VersionRow {
  tool_id: number
  name: string
  version: number
  language: ToolLanguage
  summary: string
  code_hash: string
  state: ToolState
  state_reason: string
  body: string
}

type Body = Omit<
  ToolVersion,
  'name' | 'version' | 'language' | 'summary' | 'codeHash' | 'state' | 'stateReason' | 'pins'
>

const SELECT_VERSION = `
  SELECT v.tool_id, t.name, v.version, v.language, v.summary, v.code_hash, v.state, v.state_reason, v.body
  FROM tool t JOIN tool_version v ON v.tool_id = t.id`

/** The version asked for, or the current one. */
export function selectVersion(database: Database, name: string, version?: number): ToolVersion | null {
  const row =
    version === undefined
      ? database.get<VersionRow>(`${SELECT_VERSION} AND v.version = t.current_version WHERE t.name = ?`, name)
      : database.get<VersionRow>(`${SELECT_VERSION} WHERE t.name = ? AND v.version = ?`, name, version)
  return row === undefined ? null : toVersion(database, row)
}

/** Oldest first. */
export function selectVersions(database: Database, name: string): ToolVersion[] {
  const rows = database.all<VersionRow>(`${SELECT_VERSION} WHERE t.name = ? ORDER BY v.version`, name)
  return rows.map((row) => toVersion(database, row))
}

export function insertVersion(database: Database, toolId: number, version: number, tool: VersionToSave): void {
  const { name: _name, language, summary, codeHash, state: _state, stateReason: _reason, pins, ...body } = tool
  const { state, stateReason } = initialState(tool)
  database.run(
    `INSERT INTO tool_version (tool_id, version, language, summary, code_hash, state, state_reason, created_at, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    toolId,
    version,
    language,
    summary,
    codeHash,
    state,
    stateReason,
    tool.provenance.createdAt,
    JSON.stringify(body satisfies Body),
  )
  for (const pin of pins) {
    database.run(
      'INSERT INTO tool_pin (tool_id, version, imported_name, imported_version) VALUES (?, ?, ?, ?)',
      toolId,
      version,
      pin.name,
      pin.version,
    )
  }
}

/** A tool is a candidate until somebody says otherwise. */
export function initialState(tool: NewTool): { state: ToolState; stateReason: string } {
  return { state: tool.state ?? 'candidate', stateReason: tool.stateReason ?? '' }
}

export function samePins(left: ToolVersion['pins'], right: ToolVersion['pins']): boolean {
  const text = (pins: ToolVersion['pins']): string =>
    pins
      .map(({ name, version }) => `${name}@${version}`)
      .toSorted()
      .join(' ')
  return text(left) === text(right)
}

function toVersion(database: Database, row: VersionRow): ToolVersion {
  const pins = database.all<{ name: string; version: number }>(
    `SELECT imported_name AS name, imported_version AS version FROM tool_pin
     WHERE tool_id = ? AND version = ? ORDER BY imported_name`,
    row.tool_id,
    row.version,
  )
  return {
    ...(JSON.parse(row.body) as Body),
    name: row.name,
    version: row.version,
    language: row.language,
    summary: row.summary,
    codeHash: row.code_hash,
    // Rows of node:sqlite have no prototype; what goes out shall be ordinary objects.
    pins: pins.map(({ name, version }) => ({ name, version })),
    state: row.state,
    stateReason: row.state_reason,
  }
}
