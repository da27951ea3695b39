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
import { selectChanges, selectRecord, writeChange, writeChanges, writeTool } from './tool-changes.ts'
import { replaceIndexText, searchToolIndex, selectStatistics, selectStemsLike } from './tool-index.ts'
import { insertVersion, selectImporters, selectUsable, selectVersion, selectVersions, updateBody } from './tool-rows.ts'

export class SqliteToolStore implements ToolStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async saveVersion(given: VersionToSave, index: ToolIndexText): Promise<ToolVersion | null> {
    const database = this.#database
    return database.write(() => {
      const found = selectRecord(database, given.name)
      const newest = found?.record.versions.at(-1)?.version ?? 0
      const tool = heldBack(given, newest)
      for (const known of new Set([found?.record.currentVersion, newest])) {
        const version = selectVersion(database, tool.name, known)
        if (version !== null && isSameVersion(version, tool)) return version
      }
      if (!tool.pins.every((pin) => selectVersion(database, pin.name, pin.version) !== null)) return null
      const version = newest + 1
      const at = new Date().toISOString()
      const { after, changes } = planAddition(found?.record ?? null, tool, { version, at, ...initialState(tool) })
      const toolId = found?.id ?? this.#insertTool(tool.name, after.currentState)
      insertVersion(database, toolId, version, tool)
      writeTool(database, toolId, after)
      writeChanges(database, toolId, changes)
      if (after.currentVersion === version) replaceIndexText(database, toolId, index)
      return selectVersion(database, tool.name, version)
    })
  }

  async amendVersion(
    name: string,
    version: number,
    amended: Pick<ToolVersion, 'tests' | 'admission'>,
  ): Promise<ToolVersion | null> {
    return this.#database.write(() => {
      updateBody(this.#database, { name, version }, amended)
      return selectVersion(this.#database, name, version)
    })
  }

  async findVersion(name: string, version?: number): Promise<ToolVersion | null> {
    return this.#database.read(() => selectVersion(this.#database, name, version))
  }

  async findUsable(name: string): Promise<ToolVersion | null> {
    return this.#database.read(() => selectUsable(this.#database, name))
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

  async findRecord(name: string): Promise<ToolRecord | null> {
    return this.#database.read(() => selectRecord(this.#database, name)?.record ?? null)
  }

  async changes(name: string): Promise<ToolChange[]> {
    return this.#database.read(() => selectChanges(this.#database, name))
  }

  async change(
    name: string,
    decide: (record: ToolRecord) => ToolDecision,
    indexOf: IndexTextOf,
  ): Promise<ToolChange[] | null> {
    const database = this.#database
    return database.write(() => {
      const found = selectRecord(database, name)
      if (found === null) return null
      const planned = planChange(found.record, decide(found.record), new Date().toISOString())
      return writeChange(database, found, planned, { indexOf, judgedAnew: true })
    })
  }

  async importers(name: string): Promise<Removal['importers']> {
    return this.#database.read(() => selectImporters(this.#database, name))
  }

  async remove(name: string, { force = false }: { force?: boolean } = {}): Promise<Removal> {
    const database = this.#database
    return database.write(() => {
      const tool = database.get<{ id: number }>('SELECT id FROM tool WHERE name = ?', name)
      const importers = selectImporters(database, name)
      if (tool === undefined || (importers.length > 0 && !force)) return { removed: false, importers }
      replaceIndexText(database, tool.id, null)
      // Its versions, their ledger, their calls and their history go with it.
      database.run('DELETE FROM tool WHERE id = ?', tool.id)
      return { removed: true, importers }
    })
  }

  async recordUse(use: ToolUse, rules?: UseRules): Promise<ToolChange[] | null> {
    return this.#database.write(() => {
      if (!insertUse(this.#database, use)) return null
      const call = callOf(use)
      if (call !== null) insertCall(this.#database, use, call)
      return rules === undefined ? [] : this.#judge(use, rules)
    })
  }

  async ledger(name: string): Promise<LedgerSummary> {
    return this.#database.read(() => selectLedger(this.#database, name))
  }

  async ledgers(name?: string): Promise<VersionLedger[]> {
    return this.#database.read(() => selectLedgers(this.#database, name))
  }

  async failures(name: string, version: number, limit: number): Promise<ToolFailure[]> {
    return this.#database.read(() => selectFailures(this.#database, { name, version, limit }))
  }

  async keptCalls(name: string, version: number): Promise<KeptCall[]> {
    return this.#database.read(() => selectCalls(this.#database, name, version))
  }

  async keepCalls(name: string, version: number, calls: KeptCall[]): Promise<boolean> {
    return this.#database.write(() => {
      if (selectVersion(this.#database, name, version) === null) return false
      for (const call of calls) insertCall(this.#database, { name, version }, call)
      return true
    })
  }

  async forgetCalls(name?: string): Promise<number> {
    return this.#database.write(() => deleteCalls(this.#database, name))
  }

  #judge({ name, version }: ToolUse, { judge, indexOf }: UseRules): ToolChange[] {
    const database = this.#database
    const history = selectHistory(database, name, version)
    const verdict = history === null ? null : judge(history)
    const found = verdict === null ? null : selectRecord(database, name)
    if (verdict === null || found === null) return []
    const states = [{ version, ...verdict }]
    const planned = planChange(
      found.record,
      { states, reason: verdict.reason, by: 'handaxe' },
      new Date().toISOString(),
    )
    return writeChange(database, found, planned, { indexOf, judgedAnew: false })
  }

  #insertTool(name: string, state: string): number {
    const { rowId } = this.#database.run(
      'INSERT INTO tool (name, current_version, current_state) VALUES (?, 1, ?)',
      name,
      state,
    )
    return rowId
  }
}
