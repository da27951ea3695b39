import { createHash } from 'node:crypto'
import { HandaxeError } from '../contracts/errors.ts'
import type { Library, ToolQuery } from '../contracts/library.ts'
import type { ToolModule } from '../contracts/sandbox.ts'
import type { ScriptStore, Store, ToolStore } from '../contracts/store.ts'
import type {
  LedgerSummary,
  NewTool,
  ScriptCandidate,
  SolvedScript,
  ToolCandidate,
  ToolState,
  ToolSummary,
  ToolUse,
  ToolVersion,
} from '../contracts/tool.ts'
import { closest } from '../util/closest.ts'
import { buildClosure } from './build-closure.ts'
import { rejection, resolveImports } from './resolve-imports.ts'
import { toIndexText } from './search/index-text.ts'
import { rankScripts, toScriptStems } from './search/rank-scripts.ts'
import { searchTools } from './search/search-tools.ts'

export interface LibraryOptions {
  /** Stays with who opened it. */
  store: Pick<Store, 'tools' | 'scripts'>
}

const DEFAULT_LIMIT = 5
const USABLE: ToolState[] = ['verified', 'trusted']

/** It becomes a file name, an import and a key; `__v2` at the end is how a second version is told apart. */
const TOOL_NAME = /^(?!.*__v\d+$)[a-z][a-z0-9_]{0,99}$/

/** The library of tools over a store. */
export function openLibrary({ store }: LibraryOptions): Library {
  return new ToolLibrary(store)
}

class ToolLibrary implements Library {
  readonly #tools: ToolStore
  readonly #scripts: ScriptStore

  constructor({ tools, scripts }: Pick<Store, 'tools' | 'scripts'>) {
    this.#tools = tools
    this.#scripts = scripts
  }

  async search({ text, limit = DEFAULT_LIMIT, states = USABLE }: ToolQuery): Promise<ToolCandidate[]> {
    const ranked = await searchTools(text, this.#tools, { limit, states })
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

  async setState(name: string, version: number, state: ToolState, reason: string): Promise<void> {
    if (!(await this.#tools.setState(name, version, state, reason))) throw await this.#unknownTool(name, version)
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

  async recordUse(use: ToolUse): Promise<void> {
    if (!(await this.#tools.recordUse(use))) throw await this.#unknownTool(use.name, use.version)
  }

  async ledger(name: string): Promise<LedgerSummary> {
    return this.#tools.ledger(name)
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

  async markScript(id: string, tool: string): Promise<void> {
    await this.#scripts.mark(id, tool)
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
