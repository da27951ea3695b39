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
}

interface MadeTool {
  tool: ToolVersion
  saved: boolean
}

/** States in which a tool may be used by a run. */
const USABLE = new Set(['verified', 'trusted'])

/** The tools within a run's reach: those that it made, kept or not, and the library's. */
export class ToolShelf {
  readonly #library: Pick<Library, 'find' | 'closure'>
  readonly #made = new Map<string, MadeTool>()

  constructor(library: Pick<Library, 'find' | 'closure'>) {
    this.#library = library
  }

  /** Adds a tool that the run made. One that was not saved exists here only. */
  add(tool: ToolVersion, { saved }: { saved: boolean }): void {
    this.#made.set(tool.name, { tool, saved })
  }

  async find(name: string): Promise<ShelvedTool | null> {
    const made = this.#made.get(name)
    if (made !== undefined) return { tool: made.tool, found: false, kept: made.saved }
    const tool = await this.#library.find(name)
    return tool !== null && USABLE.has(tool.state) ? { tool, found: true, kept: true } : null
  }

  /** The modules of the tools named and of all that they import. Rejects with `unknown_tool` where one is not there. */
  async closure(names: readonly string[]): Promise<ToolModule[]> {
    const modules = new Map<string, ToolModule>()
    const fromLibrary: { name: string; version?: number }[] = []
    const visit = (name: string): void => {
      const made = this.#made.get(name)
      if (made === undefined) fromLibrary.push({ name })
      else if (made.saved) fromLibrary.push({ name, version: made.tool.version })
      else if (!modules.has(name)) {
        modules.set(name, toModule(made.tool))
        made.tool.uses.forEach(visit)
      }
    }
    names.forEach(visit)
    if (fromLibrary.length === 0) return [...modules.values()]
    for (const module of await this.#library.closure(fromLibrary)) {
      if (!modules.has(module.name)) modules.set(module.name, module)
    }
    return [...modules.values()]
  }
}

export function toModule(tool: Pick<ToolVersion, 'name' | 'language' | 'code' | 'function'>): ToolModule {
  return { name: tool.name, language: tool.language, code: tool.code, function: tool.function }
}
