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
import { decodeText } from './text-codec.ts'
import type { Transaction } from './transaction.ts'

/** With its pins, by name: the names in one list and the versions in another. */
type PinnedRow = VersionRow & { pin_names: string[]; pin_versions: number[] }

const PINS = 'FROM tool_pin p WHERE p.tool_id = v.tool_id AND p.version = v.version ORDER BY p.imported_name'

const SELECT_VERSION = `
  SELECT v.tool_id, t.name, v.version, v.language, v.summary, v.code_hash, v.state, v.state_reason, v.body,
    ARRAY(SELECT p.imported_name ${PINS}) AS pin_names, ARRAY(SELECT p.imported_version ${PINS}) AS pin_versions
  FROM tool t JOIN tool_version v ON v.tool_id = t.id`

/** The version asked for, or the current one. */
export async function selectVersion(
  transaction: Transaction,
  name: string,
  version?: number,
): Promise<ToolVersion | null> {
  const row =
    version === undefined
      ? await transaction.get<PinnedRow>(
          `${SELECT_VERSION} AND v.version = t.current_version WHERE t.name = $1::text`,
          name,
        )
      : await transaction.get<PinnedRow>(
          `${SELECT_VERSION} WHERE t.name = $1::text AND v.version = $2::int`,
          name,
          version,
        )
  return row === undefined ? null : readVersion(row)
}

/** The current version where it is usable and the tool is not disabled. */
export async function selectUsable(transaction: Transaction, name: string): Promise<ToolVersion | null> {
  const row = await transaction.get<PinnedRow>(
    `${SELECT_VERSION} AND v.version = t.current_version
     WHERE t.name = $1::text AND t.current_state IN (${USABLE_LIST})`,
    name,
  )
  return row === undefined ? null : readVersion(row)
}

/** Oldest first. */
export async function selectVersions(transaction: Transaction, name: string): Promise<ToolVersion[]> {
  const rows = await transaction.all<PinnedRow>(`${SELECT_VERSION} WHERE t.name = $1::text ORDER BY v.version`, name)
  return rows.map(readVersion)
}

export async function updateBody(
  transaction: Transaction,
  { name, version }: { name: string; version: number },
  amended: Pick<ToolVersion, 'tests' | 'admission'>,
): Promise<void> {
  const row = await transaction.get<PinnedRow>(
    `${SELECT_VERSION} WHERE t.name = $1::text AND v.version = $2::int`,
    name,
    version,
  )
  if (row === undefined) return
  await transaction.run(
    'UPDATE tool_version SET body = $1 WHERE tool_id = $2::int AND version = $3::int',
    amendBody(row.body, amended),
    row.tool_id,
    version,
  )
}

function readVersion(row: PinnedRow): ToolVersion {
  const pins = row.pin_names.map((name, index) => ({ name: decodeText(name), version: row.pin_versions[index] ?? 0 }))
  return toVersion(row, pins)
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

/** The versions of other tools that import any version of the tool. */
export async function selectImporters(
  transaction: Transaction,
  name: string,
): Promise<{ name: string; version: number }[]> {
  return transaction.all<{ name: string; version: number }>(
    `SELECT t.name, p.version FROM tool_pin p JOIN tool t ON t.id = p.tool_id
     WHERE p.imported_name = $1::text AND t.name <> $1::text ORDER BY t.name, p.version`,
    name,
  )
}

export async function insertVersion(
  transaction: Transaction,
  { toolId, version }: { toolId: number; version: number },
  tool: VersionToSave,
): Promise<void> {
  await transaction.run(
    `INSERT INTO tool_version (tool_id, version, ${VERSION_COLUMNS})
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    toolId,
    version,
    ...toVersionValues(tool),
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
