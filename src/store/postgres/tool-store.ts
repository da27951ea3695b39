import type { IndexHit, IndexQuery, IndexStatistics, Removal, ToolIndexText, ToolStore } from '../../contracts/store.ts'
import type { LedgerSummary, ToolState, ToolSummary, ToolUse, ToolVersion } from '../../contracts/tool.ts'
import { initialState, samePins, type VersionToSave } from '../records/tool-version.ts'
import type { Database } from './database.ts'
import { insertUse, selectLedger, selectSummaries } from './ledger.ts'
import { searchToolIndex } from './search-index.ts'
import { replaceIndexText, selectStatistics, selectStemsLike } from './tool-index.ts'
import { hasPinned, insertVersion, selectVersion, selectVersions } from './tool-rows.ts'
import type { Transaction } from './transaction.ts'

interface ToolRow {
  id: number
  current_version: number
}

export class PostgresToolStore implements ToolStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async saveVersion(tool: VersionToSave, index: ToolIndexText): Promise<ToolVersion | null> {
    return this.#database.write('library', async (transaction) => {
      const current = await selectVersion(transaction, tool.name)
      if (current?.codeHash === tool.codeHash && samePins(current.pins, tool.pins)) return current
      if (!(await hasPinned(transaction, tool.pins))) return null
      const next = await takeNextVersion(transaction, tool)
      await insertVersion(transaction, next, tool)
      await recordState(transaction, next, initialState(tool))
      await replaceIndexText(transaction, next.toolId, index)
      return selectVersion(transaction, tool.name, next.version)
    })
  }

  async findVersion(name: string, version?: number): Promise<ToolVersion | null> {
    return this.#database.read(async (transaction) => selectVersion(transaction, name, version))
  }

  async listVersions(name: string): Promise<ToolVersion[]> {
    return this.#database.read(async (transaction) => selectVersions(transaction, name))
  }

  async list(): Promise<ToolSummary[]> {
    return this.#database.read(selectSummaries)
  }

  async count(): Promise<number> {
    const row = await this.#database.read(async (transaction) =>
      transaction.get<{ tools: number }>('SELECT count(*) AS tools FROM tool'),
    )
    return row?.tools ?? 0
  }

  async indexStatistics(stems: string[]): Promise<IndexStatistics> {
    return this.#database.read(async (transaction) => selectStatistics(transaction, stems))
  }

  async stemsLike(query: { prefix: string; minLength: number; maxLength: number }): Promise<Map<string, number>> {
    return this.#database.read(async (transaction) => selectStemsLike(transaction, query))
  }

  async searchIndex(query: IndexQuery): Promise<IndexHit[]> {
    return this.#database.read(async (transaction) => searchToolIndex(transaction, query))
  }

  async setState(name: string, version: number, state: ToolState, reason: string): Promise<boolean> {
    return this.#database.write('library', async (transaction) => {
      const tool = await findTool(transaction, name)
      if (tool === undefined) return false
      const changed = await transaction.run(
        'UPDATE tool_version SET state = $1, state_reason = $2 WHERE tool_id = $3 AND version = $4',
        state,
        reason,
        tool.id,
        version,
      )
      if (changed === 0) return false
      if (version === tool.current_version) {
        await transaction.run('UPDATE tool SET current_state = $1 WHERE id = $2', state, tool.id)
      }
      await recordState(transaction, { toolId: tool.id, version }, { state, stateReason: reason })
      return true
    })
  }

  async remove(name: string, { force = false }: { force?: boolean } = {}): Promise<Removal> {
    return this.#database.write('library', async (transaction) => {
      const tool = await findTool(transaction, name)
      const importers = await transaction.all<{ name: string; version: number }>(
        `SELECT t.name, p.version FROM tool_pin p JOIN tool t ON t.id = p.tool_id
         WHERE p.imported_name = $1::text AND t.name <> $1::text ORDER BY t.name, p.version`,
        name,
      )
      if (tool === undefined || (importers.length > 0 && !force)) return { removed: false, importers }
      await replaceIndexText(transaction, tool.id, null)
      // Its versions, their ledger and their history go with it.
      await transaction.run('DELETE FROM tool WHERE id = $1', tool.id)
      return { removed: true, importers }
    })
  }

  async recordUse(use: ToolUse): Promise<boolean> {
    return this.#database.write('write', async (transaction) => insertUse(transaction, use))
  }

  async ledger(name: string): Promise<LedgerSummary> {
    return this.#database.read(async (transaction) => selectLedger(transaction, name))
  }
}

async function findTool(transaction: Transaction, name: string): Promise<ToolRow | undefined> {
  return transaction.get<ToolRow>('SELECT id, current_version FROM tool WHERE name = $1::text', name)
}

async function takeNextVersion(
  transaction: Transaction,
  tool: VersionToSave,
): Promise<{ toolId: number; version: number }> {
  const { state } = initialState(tool)
  const existing = await findTool(transaction, tool.name)
  if (existing === undefined) {
    const made = await transaction.get<{ id: number }>(
      'INSERT INTO tool (name, current_version, current_state) VALUES ($1, 1, $2) RETURNING id',
      tool.name,
      state,
    )
    if (made === undefined) throw new TypeError('An insertion gave no row')
    return { toolId: made.id, version: 1 }
  }
  // Not current_version + 1: after a rollback the current version is not the newest one.
  const newest = await transaction.get<{ version: number }>(
    'SELECT max(version) AS version FROM tool_version WHERE tool_id = $1',
    existing.id,
  )
  const version = (newest?.version ?? 0) + 1
  await transaction.run(
    'UPDATE tool SET current_version = $1, current_state = $2 WHERE id = $3',
    version,
    state,
    existing.id,
  )
  return { toolId: existing.id, version }
}

async function recordState(
  transaction: Transaction,
  { toolId, version }: { toolId: number; version: number },
  change: { state: ToolState; stateReason: string },
): Promise<void> {
  await transaction.run(
    'INSERT INTO tool_state_change (tool_id, version, at, state, reason) VALUES ($1, $2, $3, $4, $5)',
    toolId,
    version,
    new Date().toISOString(),
    change.state,
    change.stateReason,
  )
}
