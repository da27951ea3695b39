import { createHash } from 'node:crypto'
import { HandaxeError } from '../contracts/errors.ts'
import type { Library, ToolQuery } from '../contracts/library.ts'
import type { ToolModule } from '../contracts/sandbox.ts'
import type { ScriptStore, Store, ToolDecision, ToolStore, UseRules } from '../contracts/store.ts'
import {
  USABLE_STATES,
  type ChangeAuthor,
  type KeptCall,
  type LedgerSummary,
  type NewTool,
  type PlanUsage,
  type ScriptCandidate,
  type SolvedScript,
  type ToolCandidate,
  type ToolChange,
  type ToolFailure,
  type ToolRecord,
  type ToolState,
  type ToolSummary,
  type ToolUse,
  type ToolVersion,
  type VersionLedger,
} from '../contracts/tool.ts'
import { closest } from '../util/closest.ts'
import { buildClosure } from './build-closure.ts'
import { decidePin, decideRetirement, decideRollback } from './life/decide-change.ts'
import { judgeOutcomes } from './life/judge-outcomes.ts'
import { rejection, resolveImports } from './resolve-imports.ts'
import { toIndexText } from './search/index-text.ts'
import { rankScripts, toScriptStems } from './search/rank-scripts.ts'
import { searchTools, type VectorFinder } from './search/search-tools.ts'

export interface LibraryOptions {
  /** Stays with who opened it. */
  store: Pick<Store, 'tools' | 'scripts'>
  /**
   * True: arguments and values of successful calls are kept, at most 20 a version, so that a repaired version can be held
   * against them. They may hold what the user's files hold. Default false.
   */
  keepCalls?: boolean
  /** Finds tools by meaning as well (`openVectorIndex`). Default: by words. */
  vectors?: VectorFinder
}

const DEFAULT_LIMIT = 5

/** So many of the latest programs tell what a script costs; older ones were written by other models. */
const MEASURED_SCRIPTS = 40

const RULES: UseRules = { judge: judgeOutcomes, indexOf: toIndexText }

/** It becomes a file name, an import and a key; `__v2` at the end is how a second version is told apart. */
const TOOL_NAME = /^(?!.*__v\d+$)[a-z][a-z0-9_]{0,99}$/

/** The library of tools over a store. */
export function openLibrary({ store, keepCalls = false, vectors }: LibraryOptions): Library {
  return new ToolLibrary(store, keepCalls, vectors)
}

class ToolLibrary implements Library {
  readonly #tools: ToolStore
  readonly #scripts: ScriptStore
  readonly #keepsCalls: boolean
  readonly #vectors: VectorFinder | undefined

  constructor(
    { tools, scripts }: Pick<Store, 'tools' | 'scripts'>,
    keepsCalls: boolean,
    vectors: VectorFinder | undefined,
  ) {
    this.#tools = tools
    this.#scripts = scripts
    this.#keepsCalls = keepsCalls
    this.#vectors = vectors
  }

  async search({
    text,
    limit = DEFAULT_LIMIT,
    states = [...USABLE_STATES],
    meter,
    signal,
  }: ToolQuery): Promise<ToolCandidate[]> {
    const ranked = await searchTools(text, this.#tools, { limit, states, vectors: this.#vectors, meter, signal })
    const found = await Promise.all(
      ranked.map(async ({ name, version, score }) => ({ tool: await this.#tools.findVersion(name, version), score })),
    )
    // Another process may have removed one since.
    return found.filter((candidate): candidate is ToolCandidate => candidate.tool !== null)
  }

  async get(name: string, version?: number): Promise<ToolVersion> {
    const tool = await this.find(name, version)
    if (tool === null) throw await this.#unknownTool(name, version)
    return tool
  }

  async find(name: string, version?: number): Promise<ToolVersion | null> {
    return this.#tools.findVersion(name, version)
  }

  async findUsable(name: string): Promise<ToolVersion | null> {
    return this.#tools.findUsable(name)
  }

  async list(): Promise<ToolSummary[]> {
    return this.#tools.list()
  }

  async count(): Promise<number> {
    return this.#tools.count()
  }

  async save(tool: NewTool): Promise<ToolVersion> {
    if (!TOOL_NAME.test(tool.name)) {
      throw rejection(tool.name, 'is no name for a tool', {
        hint: 'Use snake_case: a lower-case letter, then letters, digits and underscores, at most 100.',
      })
    }
    const codeHash = createHash('sha256').update(tool.code).digest('hex')
    const index = toIndexText(tool)
    for (;;) {
      const pins = await resolveImports(this.#tools, tool)
      await this.#assertExecutable(tool, pins)
      const saved = await this.#tools.saveVersion({ ...tool, codeHash, pins }, index)
      if (saved !== null) return saved
      // An imported tool was removed in between: resolving it again says which.
    }
  }

  async amend(name: string, version: number, amended: Pick<ToolVersion, 'tests' | 'admission'>): Promise<ToolVersion> {
    const tool = await this.#tools.amendVersion(name, version, amended)
    if (tool === null) throw await this.#unknownTool(name, version)
    return tool
  }

  async setState(
    name: string,
    version: number,
    state: ToolState,
    reason: string,
    by: ChangeAuthor = 'handaxe',
  ): Promise<void> {
    await this.get(name, version)
    await this.#change(name, () => ({ states: [{ version, state, reason }], reason, by }))
  }

  async record(name: string): Promise<ToolRecord> {
    const record = await this.#tools.findRecord(name)
    if (record === null) throw await this.#unknownTool(name)
    return record
  }

  async changes(name: string): Promise<ToolChange[]> {
    const changes = await this.#tools.changes(name)
    // Saving a version is the first of them.
    if (changes.length === 0) throw await this.#unknownTool(name)
    return changes
  }

  async rollback(name: string, options: { version?: number; reason?: string } = {}): Promise<ToolChange[]> {
    await this.get(name, options.version)
    return this.#change(name, (record) => decideRollback(record, options))
  }

  async pin(name: string, version?: number): Promise<ToolChange[]> {
    await this.get(name, version)
    return this.#change(name, (record) => decidePin(record, version))
  }

  async unpin(name: string): Promise<ToolChange[]> {
    return this.#change(name, () => ({ pinnedVersion: null, reason: '', by: 'person' }))
  }

  async setDisabled(name: string, disabled: boolean, reason = ''): Promise<ToolChange[]> {
    return this.#change(name, () => ({ disabled, reason, by: 'person' }))
  }

  async annotate(name: string, text: string): Promise<ToolChange[]> {
    return this.#change(name, () => ({ annotation: text, reason: text, by: 'person' }))
  }

  async retire(
    name: string,
    options: { version?: number; reason?: string; by?: ChangeAuthor } = {},
  ): Promise<ToolChange[]> {
    await this.get(name, options.version)
    return this.#change(name, (record) => decideRetirement(record, options))
  }

  async importers(name: string): Promise<{ name: string; version: number }[]> {
    return this.#tools.importers(name)
  }

  async remove(name: string, options: { force?: boolean } = {}): Promise<void> {
    const { removed, importers } = await this.#tools.remove(name, options)
    if (removed) return
    if (importers.length === 0) throw await this.#unknownTool(name)
    const names = [...new Set(importers.map((importer) => importer.name))]
    throw rejection(name, `is imported by ${names.join(', ')}`, {
      hint: `Remove ${names.length === 1 ? 'that tool' : 'those tools'} first, or remove this one by force: what imports it will fail.`,
      details: { importers },
    })
  }

  async recordUse({ call, ...use }: ToolUse): Promise<ToolChange[]> {
    const kept = this.#keepsCalls && call !== undefined ? { ...use, call } : use
    const changes = await this.#tools.recordUse(kept, RULES)
    if (changes === null) throw await this.#unknownTool(use.name, use.version)
    return changes
  }

  async ledger(name: string): Promise<LedgerSummary> {
    return this.#tools.ledger(name)
  }

  async ledgers(name?: string): Promise<VersionLedger[]> {
    const ledgers = await this.#tools.ledgers(name)
    if (name !== undefined && ledgers.length === 0) throw await this.#unknownTool(name)
    return ledgers
  }

  async failures(name: string, version: number, limit: number): Promise<ToolFailure[]> {
    return this.#tools.failures(name, version, limit)
  }

  async keptCalls(name: string, version: number): Promise<KeptCall[]> {
    return this.#tools.keptCalls(name, version)
  }

  async keepCalls(name: string, version: number, calls: KeptCall[]): Promise<void> {
    if (!this.#keepsCalls || calls.length === 0) return
    if (!(await this.#tools.keepCalls(name, version, calls))) throw await this.#unknownTool(name, version)
  }

  async forgetCalls(name?: string): Promise<number> {
    if (name !== undefined) await this.get(name)
    return this.#tools.forgetCalls(name)
  }

  async closure(names: { name: string; version?: number }[]): Promise<ToolModule[]> {
    return buildClosure((name, version) => this.get(name, version), names)
  }

  async saveScript(script: Omit<SolvedScript, 'madeInto'>): Promise<void> {
    await this.#scripts.save(script, toScriptStems(script))
  }

  async searchScripts({ text, limit = 1 }: { text: string; limit?: number }): Promise<ScriptCandidate[]> {
    const ranked = rankScripts(text, await this.#scripts.listStems()).slice(0, limit)
    const found = await Promise.all(
      ranked.map(async ({ id, score }) => ({ script: await this.#scripts.find(id), score })),
    )
    return found.filter((candidate): candidate is ScriptCandidate => candidate.script !== null)
  }

  async scriptUsage(): Promise<PlanUsage[]> {
    const scripts = await this.#scripts.recent(MEASURED_SCRIPTS)
    const byRun = new Map(scripts.map(({ runId, planUsage }) => [runId, planUsage]))
    return [...byRun.values()].filter((usage) => usage !== undefined)
  }

  async markScript(id: string, tool: string): Promise<void> {
    await this.#scripts.mark(id, tool)
  }

  async #change(name: string, decide: (record: ToolRecord) => ToolDecision): Promise<ToolChange[]> {
    const changes = await this.#tools.change(name, decide, toIndexText)
    if (changes === null) throw await this.#unknownTool(name)
    return changes
  }

  /** A tool that could never be executed is better refused now. */
  async #assertExecutable(tool: NewTool, pins: ToolVersion['pins']): Promise<void> {
    try {
      await this.closure(pins)
    } catch (error) {
      if (!HandaxeError.isInstance(error) || error.code !== 'unknown_tool') throw error
      throw rejection(tool.name, `rests on a tool that is not there. ${error.message}`, {
        hint: 'Save what is missing first, or do without it.',
        details: { missing: error.details['name'] },
      })
    }
  }

  async #unknownTool(name: string, version?: number): Promise<HandaxeError> {
    const versions = version === undefined ? [] : await this.#tools.listVersions(name)
    if (versions.length > 0) {
      const known = versions.map((tool) => tool.version)
      return new HandaxeError('unknown_tool', `${name} has no version ${version}`, {
        hint: `It has ${known.length === 1 ? 'version' : 'versions'} ${known.join(', ')}.`,
        details: { name, version, known },
      })
    }
    const similar = closest(
      name,
      (await this.#tools.list()).map((tool) => tool.name),
    )
    return new HandaxeError('unknown_tool', `There is no tool ${name}`, {
      hint: similar === null ? 'See `handaxe tools list`.' : `Did you mean ${similar}?`,
      details: { name, ...(version === undefined ? {} : { version }) },
    })
  }
}
