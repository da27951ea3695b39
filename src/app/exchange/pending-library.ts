import type { Library } from '../../contracts/library.ts'
import type { ToolModule } from '../../contracts/sandbox.ts'
import type { ToolVersion } from '../../contracts/tool.ts'
import { buildClosure } from '../../library/build-closure.ts'
import { toSnakeCase } from '../../library/resolve-imports.ts'

/** No library counts so far: until they are saved, tools from outside stand beside its versions without meeting one. */
const PENDING_VERSION = 1_000_000_000

/** The library as it will be when what was verified so far has been saved, for those that import it. */
export class PendingLibrary {
  readonly #library: Library
  readonly #pending = new Map<string, ToolVersion>()

  constructor(library: Library) {
    this.#library = library
  }

  add(tool: Omit<ToolVersion, 'version'>): void {
    this.#pending.set(tool.name, { ...tool, version: PENDING_VERSION })
  }

  isPending({ name, version }: { name: string; version: number }): boolean {
    return version === PENDING_VERSION && this.#pending.has(name)
  }

  /** As an import names it; JavaScript may use camelCase. */
  async findImported(used: string): Promise<ToolVersion | null> {
    return (await this.#find(used)) ?? (await this.#find(toSnakeCase(used)))
  }

  /** Rejects with `unknown_tool`, and with `tool_rejected` where two versions meet that cannot be kept apart. */
  async closure(pins: readonly { name: string; version: number }[]): Promise<ToolModule[]> {
    return buildClosure(async (name, version) => {
      const pending = this.#pending.get(name)
      const isMeant = pending !== undefined && (version === undefined || version === PENDING_VERSION)
      return isMeant ? pending : this.#library.get(name, version)
    }, pins)
  }

  async #find(name: string): Promise<ToolVersion | null> {
    return this.#pending.get(name) ?? this.#library.find(name)
  }
}
