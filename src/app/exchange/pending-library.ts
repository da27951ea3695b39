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
  /** Older versions that came along, by `carriedKey`. */
  readonly #carried = new Map<string, ToolVersion>()

  constructor(library: Library) {
    this.#library = library
  }

  add(tool: Omit<ToolVersion, 'version'>): void {
    this.#pending.set(tool.name, { ...tool, version: PENDING_VERSION })
  }

  /** `version`: of a version that the library has already. */
  addCarried(key: string, tool: Omit<ToolVersion, 'version'>, version?: number): void {
    // Each has a number of its own: two of them may meet.
    this.#carried.set(key, { ...tool, version: version ?? PENDING_VERSION + 1 + this.#carried.size })
  }

  findCarried(key: string): ToolVersion | null {
    return this.#carried.get(key) ?? null
  }

  /** As what it came along, where it is not saved yet. */
  carriedAs({ name, version }: { name: string; version: number }): string | null {
    const found = [...this.#carried].find(([, tool]) => tool.name === name && tool.version === version)
    return found === undefined || version < PENDING_VERSION ? null : found[0]
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
      if (isMeant) return pending
      const carried = [...this.#carried.values()].find((tool) => tool.name === name && tool.version === version)
      return carried ?? this.#library.get(name, version)
    }, pins)
  }

  async #find(name: string): Promise<ToolVersion | null> {
    return this.#pending.get(name) ?? this.#library.find(name)
  }
}
