import type {
  IndexHit,
  IndexQuery,
  IndexStatistics,
  IndexTextOf,
  Removal,
  ToolDecision,
  ToolIndexText,
  ToolStore,
  UseRules,
} from '../../contracts/store.ts'
import type {
  KeptCall,
  LedgerSummary,
  ToolChange,
  ToolFailure,
  ToolRecord,
  ToolSummary,
  ToolUse,
  ToolVersion,
  VersionLedger,
} from '../../contracts/tool.ts'
import { planAddition, planChange } from '../records/change.ts'
import { callOf } from '../records/kept-call.ts'
import { heldBack, initialState, isSameVersion, type VersionToSave } from '../records/tool-version.ts'
import type { Database } from './database.ts'
import { deleteCalls, insertCall, selectCalls } from './kept-calls.ts'
import { insertUse, selectFailures, selectHistory, selectLedger, selectLedgers, selectSummaries } from './ledger.ts'
import { searchToolIndex } from './search-index.ts'
import { selectChanges, selectRecord, writeChange, writeChanges, writeTool } from './tool-changes.ts'
import { replaceIndexText, selectStatistics, selectStemsLike } from './tool-index.ts'
import {
  hasPinned,
  insertVersion,
  selectImporters,
  selectUsable,
  selectVersion,
  selectVersions,
  updateBody,
} from './tool-rows.ts'
import type { Transaction } from './transaction.ts'

export class PostgresToolStore implements ToolStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async saveVersion(given: VersionToSave, index: ToolIndexText): Promise<ToolVersion | null> {
    return this.#database.write('library', async (transaction) => {
      const found = await selectRecord(transaction, given.name)
      const newest = found?.record.versions.at(-1)?.version ?? 0
      const tool = heldBack(given, newest)
      for (const known of new Set([found?.record.currentVersion, newest])) {
        const version = await selectVersion(transaction, tool.name, known)
        if (version !== null && isSameVersion(version, tool)) return version
      }
      if (!(await hasPinned(transaction, tool.pins))) return null
      const version = newest + 1
      const at = new Date().toISOString()
      const { after, changes } = planAddition(found?.record ?? null, tool, { version, at, ...initialState(tool) })
      const toolId = found?.id ?? (await insertTool(transaction, tool.name, after.currentState))
      await insertVersion(transaction, { toolId, version }, tool)
      await writeTool(transaction, toolId, after)
      await writeChanges(transaction, toolId, changes)
      if (after.currentVersion === version) await replaceIndexText(transaction, toolId, index)
      return selectVersion(transaction, tool.name, version)
    })
  }

  async amendVersion(
    name: string,
    version: number,
    amended: Pick<ToolVersion, 'tests' | 'admission'>,
  ): Promise<ToolVersion | null> {
    return this.#database.write('write', async (transaction) => {
      await updateBody(transaction, { name, version }, amended)
      return selectVersion(transaction, name, version)
    })
  }

  async findVersion(name: string, version?: number): Promise<ToolVersion | null> {
    return this.#database.read(async (transaction) => selectVersion(transaction, name, version))
  }

  async findUsable(name: string): Promise<ToolVersion | null> {
    return this.#database.read(async (transaction) => selectUsable(transaction, name))
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

  async findRecord(name: string): Promise<ToolRecord | null> {
    const found = await this.#database.read(async (transaction) => selectRecord(transaction, name))
    return found?.record ?? null
  }

  async changes(name: string): Promise<ToolChange[]> {
    return this.#database.read(async (transaction) => selectChanges(transaction, name))
  }

  async change(
    name: string,
    decide: (record: ToolRecord) => ToolDecision,
    indexOf: IndexTextOf,
  ): Promise<ToolChange[] | null> {
    return this.#database.write('library', async (transaction) => {
      const found = await selectRecord(transaction, name)
      if (found === null) return null
      const planned = planChange(found.record, decide(found.record), new Date().toISOString())
      return writeChange(transaction, found, planned, { indexOf, judgedAnew: true })
    })
  }

  async importers(name: string): Promise<Removal['importers']> {
    return this.#database.read(async (transaction) => selectImporters(transaction, name))
  }

  async remove(name: string, { force = false }: { force?: boolean } = {}): Promise<Removal> {
    return this.#database.write('library', async (transaction) => {
      const tool = await transaction.get<{ id: number }>('SELECT id FROM tool WHERE name = $1::text', name)
      const importers = await selectImporters(transaction, name)
      if (tool === undefined || (importers.length > 0 && !force)) return { removed: false, importers }
      await replaceIndexText(transaction, tool.id, null)
      // Its versions, their ledger, their calls and their history go with it.
      await transaction.run('DELETE FROM tool WHERE id = $1', tool.id)
      return { removed: true, importers }
    })
  }

  async recordUse(use: ToolUse, rules?: UseRules): Promise<ToolChange[] | null> {
    // Under the lock on the library where it is judged: what changes then is the index, too.
    return this.#database.write(rules === undefined ? 'write' : 'library', async (transaction) => {
      if (!(await insertUse(transaction, use))) return null
      const call = callOf(use)
      if (call !== null) await insertCall(transaction, use, call)
      return rules === undefined ? [] : judgeUse(transaction, use, rules)
    })
  }

  async ledger(name: string): Promise<LedgerSummary> {
    return this.#database.read(async (transaction) => selectLedger(transaction, name))
  }

  async ledgers(name?: string): Promise<VersionLedger[]> {
    return this.#database.read(async (transaction) => selectLedgers(transaction, name))
  }

  async failures(name: string, version: number, limit: number): Promise<ToolFailure[]> {
    return this.#database.read(async (transaction) => selectFailures(transaction, { name, version, limit }))
  }

  async keptCalls(name: string, version: number): Promise<KeptCall[]> {
    return this.#database.read(async (transaction) => selectCalls(transaction, name, version))
  }

  async keepCalls(name: string, version: number, calls: KeptCall[]): Promise<boolean> {
    return this.#database.write('write', async (transaction) => {
      if ((await selectVersion(transaction, name, version)) === null) return false
      for (const call of calls) await insertCall(transaction, { name, version }, call)
      return true
    })
  }

  async forgetCalls(name?: string): Promise<number> {
    return this.#database.write('write', async (transaction) => deleteCalls(transaction, name))
  }
}

async function judgeUse(
  transaction: Transaction,
  { name, version }: ToolUse,
  { judge, indexOf }: UseRules,
): Promise<ToolChange[]> {
  const history = await selectHistory(transaction, name, version)
  const verdict = history === null ? null : judge(history)
  const found = verdict === null ? null : await selectRecord(transaction, name)
  if (verdict === null || found === null) return []
  const states = [{ version, ...verdict }]
  const planned = planChange(found.record, { states, reason: verdict.reason, by: 'handaxe' }, new Date().toISOString())
  return writeChange(transaction, found, planned, { indexOf, judgedAnew: false })
}

async function insertTool(transaction: Transaction, name: string, state: string): Promise<number> {
  const made = await transaction.get<{ id: number }>(
    'INSERT INTO tool (name, current_version, current_state) VALUES ($1, 1, $2) RETURNING id',
    name,
    state,
  )
  if (made === undefined) throw new TypeError('An insertion gave no row')
  return made.id
}
