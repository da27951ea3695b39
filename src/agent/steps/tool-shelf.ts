import type { Library } from '../../contracts/library.ts'
import type { ToolModule } from '../../contracts/sandbox.ts'
import type { ToolVersion } from '../../contracts/tool.ts'

/** A tool that a run can use. */
export interface ShelvedTool {
  tool: ToolVersion
  /** True where it was in the library before the run. */
  found: boolean
  /** True where the library has it, so that its uses can be counted. */
  kept: boolean
  /** Of a tool that stands in for another: the other's parameters under which this one has them. */
  renamed?: readonly { from: string; to: string }[]
}

interface StandIn {
  tool: ToolVersion
  renamed: readonly { from: string; to: string }[]
  modules: readonly ToolModule[]
}

interface MadeTool {
  tool: ToolVersion
  saved: boolean
}

/** The tools within a run's reach: those that it made, kept or not, and the library's. */
export class ToolShelf {
  readonly #library: Pick<Library, 'findUsable' | 'closure'>
  readonly #made = new Map<string, MadeTool>()
  readonly #standIns = new Map<string, StandIn>()

  constructor(library: Pick<Library, 'findUsable' | 'closure'>) {
    this.#library = library
  }

  /** Adds a tool that the run made. One that was not saved exists here only. */
  add(tool: ToolVersion, { saved }: { saved: boolean }): void {
    this.#made.set(tool.name, { tool, saved })
  }

  /** Lets a tool of the library stand in for one that was to be made, under that one's name. `modules` are for programs. */
  addStandIn(name: string, standIn: StandIn): void {
    this.#standIns.set(name, standIn)
  }

  async find(name: string): Promise<ShelvedTool | null> {
    // JavaScript may import a tool under its name in camelCase.
    return (await this.#find(name)) ?? (/[A-Z]/.test(name) ? this.#find(toSnakeCase(name)) : null)
  }

  async #find(name: string): Promise<ShelvedTool | null> {
    const made = this.#made.get(name)
    if (made !== undefined) return { tool: made.tool, found: false, kept: made.saved }
    const standIn = this.#standIns.get(name)
    if (standIn !== undefined) return { tool: standIn.tool, found: true, kept: true, renamed: standIn.renamed }
    const tool = await this.#library.findUsable(name)
    return tool === null ? null : { tool, found: true, kept: true }
  }

  /** The modules that a tool imports, directly or through others: of a kept tool in the versions that it was saved with. */
  async importsOf(tool: ToolVersion): Promise<ToolModule[]> {
    if (tool.uses.length === 0) return []
    return this.#made.get(tool.name)?.saved === false ? this.closure(tool.uses) : this.#library.closure(tool.pins)
  }

  /** The modules of the tools named and of all that they import. Rejects with `unknown_tool` where one is not there. */
  async closure(names: readonly string[]): Promise<ToolModule[]> {
    const modules = new Map<string, ToolModule>()
    const kept: { name: string; version?: number }[] = []
    const visit = async (name: string): Promise<void> => {
      for (const module of this.#standIns.get(name)?.modules ?? []) modules.set(module.name, module)
      if (this.#standIns.has(name)) return
      const shelved = await this.find(name)
      if (shelved === null) kept.push({ name })
      else if (shelved.kept) kept.push({ name: shelved.tool.name, version: shelved.tool.version })
      else if (!modules.has(shelved.tool.name)) {
        modules.set(shelved.tool.name, toModule(shelved.tool))
        for (const used of shelved.tool.uses) await visit(used)
      }
    }
    for (const name of names) await visit(name)
    const fromLibrary = kept.length === 0 ? [] : await this.#library.closure(kept)
    for (const module of fromLibrary) if (!modules.has(module.name)) modules.set(module.name, module)
    return [...modules.values()]
  }
}

function toSnakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

export function toModule(tool: Pick<ToolVersion, 'name' | 'language' | 'code' | 'function'>): ToolModule {
  return { name: tool.name, language: tool.language, code: tool.code, function: tool.function }
}
