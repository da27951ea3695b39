import type { IndexHit, IndexQuery, IndexStatistics, Removal, ToolIndexText, ToolStore } from '../../contracts/store.ts'
import type { LedgerSummary, ToolState, ToolSummary, ToolUse, ToolVersion } from '../../contracts/tool.ts'
import { initialState, samePins, type VersionToSave } from '../records/tool-version.ts'
import type { Database } from './database.ts'
import { insertUse, selectLedger, selectSummaries } from './ledger.ts'
import { replaceIndexText, searchToolIndex, selectStatistics, selectStemsLike } from './tool-index.ts'
import { insertVersion, selectVersion, selectVersions } from './tool-rows.ts'

interface ToolRow {
  id: number
  current_version: number
}

export class SqliteToolStore implements ToolStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async saveVersion(tool: VersionToSave, index: ToolIndexText): Promise<ToolVersion | null> {
    const database = this.#database
    return database.write(() => {
      const current = selectVersion(database, tool.name)
      if (current?.codeHash === tool.codeHash && samePins(current.pins, tool.pins)) return current
      if (!tool.pins.every((pin) => selectVersion(database, pin.name, pin.version) !== null)) return null
      const { toolId, version } = this.#takeNextVersion(tool)
      insertVersion(database, toolId, version, tool)
      this.#recordState(toolId, version, initialState(tool))
      replaceIndexText(database, toolId, index)
      return selectVersion(database, tool.name, version)
    })
  }

  async findVersion(name: string, version?: number): Promise<ToolVersion | null> {
    return this.#database.read(() => selectVersion(this.#database, name, version))
  }

  async listVersions(name: string): Promise<ToolVersion[]> {
    return this.#database.read(() => selectVersions(this.#database, name))
  }

  async list(): Promise<ToolSummary[]> {
    return this.#database.read(() => selectSummaries(this.#database))
  }

  async count(): Promise<number> {
    return this.#database.read(
      () => this.#database.get<{ tools: number }>('SELECT count(*) AS tools FROM tool')?.tools ?? 0,
    )
  }

  async indexStatistics(stems: string[]): Promise<IndexStatistics> {
    return this.#database.read(() => selectStatistics(this.#database, stems))
  }

  async stemsLike(query: { prefix: string; minLength: number; maxLength: number }): Promise<Map<string, number>> {
    return this.#database.read(() => selectStemsLike(this.#database, query))
  }

  async searchIndex(query: IndexQuery): Promise<IndexHit[]> {
    return this.#database.read(() => searchToolIndex(this.#database, query))
  }

  async setState(name: string, version: number, state: ToolState, reason: string): Promise<boolean> {
    const database = this.#database
    return database.write(() => {
      const tool = this.#findTool(name)
      if (tool === undefined) return false
      const { changes } = database.run(
        'UPDATE tool_version SET state = ?, state_reason = ? WHERE tool_id = ? AND version = ?',
        state,
        reason,
        tool.id,
        version,
      )
      if (changes === 0) return false
      if (version === tool.current_version) {
        database.run('UPDATE tool SET current_state = ? WHERE id = ?', state, tool.id)
      }
      this.#recordState(tool.id, version, { state, stateReason: reason })
      return true
    })
  }

  async remove(name: string, { force = false }: { force?: boolean } = {}): Promise<Removal> {
    const database = this.#database
    return database.write(() => {
      const tool = this.#findTool(name)
      const importers = database
        .all<{ name: string; version: number }>(
          `SELECT t.name, p.version FROM tool_pin p JOIN tool t ON t.id = p.tool_id
           WHERE p.imported_name = ?1 AND t.name <> ?1 ORDER BY t.name, p.version`,
          name,
        )
        .map((row) => ({ name: row.name, version: row.version }))
      if (tool === undefined || (importers.length > 0 && !force)) return { removed: false, importers }
      replaceIndexText(database, tool.id, null)
      // Its versions, their ledger and their history go with it.
      database.run('DELETE FROM tool WHERE id = ?', tool.id)
      return { removed: true, importers }
    })
  }

  async recordUse(use: ToolUse): Promise<boolean> {
    return this.#database.write(() => insertUse(this.#database, use))
  }

  async ledger(name: string): Promise<LedgerSummary> {
    return this.#database.read(() => selectLedger(this.#database, name))
  }

  #findTool(name: string): ToolRow | undefined {
    return this.#database.get<ToolRow>('SELECT id, current_version FROM tool WHERE name = ?', name)
  }

  #takeNextVersion(tool: VersionToSave): { toolId: number; version: number } {
    const database = this.#database
    const { state } = initialState(tool)
    const existing = this.#findTool(tool.name)
    if (existing === undefined) {
      const { rowId } = database.run(
        'INSERT INTO tool (name, current_version, current_state) VALUES (?, 1, ?)',
        tool.name,
        state,
      )
      return { toolId: rowId, version: 1 }
    }
    // Not current_version + 1: after a rollback the current version is not the newest one.
    const newest = database.get<{ version: number }>(
      'SELECT max(version) AS version FROM tool_version WHERE tool_id = ?',
      existing.id,
    )
    const version = (newest?.version ?? 0) + 1
    database.run('UPDATE tool SET current_version = ?, current_state = ? WHERE id = ?', version, state, existing.id)
    return { toolId: existing.id, version }
  }

  #recordState(toolId: number, version: number, change: { state: ToolState; stateReason: string }): void {
    this.#database.run(
      'INSERT INTO tool_state_change (tool_id, version, at, state, reason) VALUES (?, ?, ?, ?, ?)',
      toolId,
      version,
      new Date().toISOString(),
      change.state,
      change.stateReason,
    )
  }
}
