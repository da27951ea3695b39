import { HandaxeError } from '../../../contracts/errors.ts'
import type { ToolModule } from '../../../contracts/sandbox.ts'
import type { ToolVersion } from '../../../contracts/tool.ts'
import { buildClosure } from '../../build-closure.ts'
import { compareText } from '../compare-text.ts'

/** As the library has it: a tool's name becomes a file, a folder and an import. */
const TOOL_NAME = /^(?!.*__v\d+$)[a-z][a-z0-9_]{0,99}$/

export interface ExportPlan {
  /** One version of each, by name. */
  tools: ToolVersion[]
  /** What comes along because the tools import it, by name and version. */
  imported: ToolVersion[]
  /**
   * The modules of these tools and all that they import, in a fixed order: those asked for first. Where two versions of a
   * tool meet, one is called `name__v1`, and the imports that mean it say so.
   */
  modulesOf(tools: readonly ToolVersion[]): Promise<ToolModule[]>
  /** The same for what one tool imports, without the tool. */
  importsOf(tool: ToolVersion): Promise<ToolModule[]>
}

/**
 * Sorts what is to be exported. Throws `tool_rejected` for a name that is none, for two different codes of one version, and
 * for an import that is not among the tools.
 */
export function planExport(given: readonly ToolVersion[], alsoImported: readonly ToolVersion[] = []): ExportPlan {
  const versions = new Map<string, ToolVersion>()
  for (const tool of [...given, ...alsoImported]) addVersion(versions, tool)
  const asked = new Map<string, ToolVersion>()
  for (const tool of given) {
    const other = asked.get(tool.name)
    // Of two versions the newer one has the name; the other is there for those that import it.
    if (other === undefined || other.version < tool.version) asked.set(tool.name, tool)
  }
  const tools = [...asked.values()].toSorted(byNameAndVersion)
  const imported = importedBy(tools, versions)
  const get = async (name: string, version?: number): Promise<ToolVersion> => {
    const found = version === undefined ? asked.get(name) : versions.get(`${name}@${version}`)
    if (found === undefined) throw new TypeError(`${name}@${version} is not part of the export`)
    return found
  }
  return {
    tools,
    imported,
    modulesOf: (wanted) => buildClosure(get, wanted.toSorted(byNameAndVersion)),
    importsOf: ({ pins }) => buildClosure(get, pins.toSorted(byNameAndVersion)),
  }
}

function addVersion(versions: Map<string, ToolVersion>, tool: ToolVersion): void {
  if (!TOOL_NAME.test(tool.name)) {
    throw rejection(tool, 'has a name that cannot become a file', 'Use snake_case: letters, digits, underscores.')
  }
  if (!Number.isSafeInteger(tool.version) || tool.version < 1) {
    throw rejection(tool, 'has no version number', 'Save it in the library first: that gives it one.')
  }
  const key = `${tool.name}@${tool.version}`
  const other = versions.get(key)
  if (other !== undefined && other.codeHash !== tool.codeHash) {
    throw rejection(tool, 'is given twice with different code', 'Export from one library at a time.')
  }
  versions.set(key, tool)
}

/** Also finds what is missing and what would import itself. */
function importedBy(tools: ToolVersion[], versions: ReadonlyMap<string, ToolVersion>): ToolVersion[] {
  const asked = new Set(tools)
  const found = new Set<ToolVersion>()
  const done = new Set<ToolVersion>()
  const visit = (tool: ToolVersion, path: ToolVersion[]): void => {
    if (path.includes(tool)) throw rejection(tool, 'imports itself', 'Move what both need into a tool of its own.')
    if (done.has(tool)) return
    for (const pin of tool.pins) {
      const next = versions.get(`${pin.name}@${pin.version}`)
      if (next === undefined) {
        throw rejection(
          tool,
          `imports version ${pin.version} of ${pin.name}, which is not among the tools to export`,
          `Export ${pin.name} version ${pin.version} with it: its import would lead nowhere.`,
        )
      }
      if (!asked.has(next)) found.add(next)
      visit(next, [...path, tool])
    }
    done.add(tool)
  }
  for (const tool of tools) visit(tool, [])
  return [...found].toSorted(byNameAndVersion)
}

function byNameAndVersion(left: { name: string; version: number }, right: { name: string; version: number }): number {
  return compareText(left.name, right.name) || left.version - right.version
}

function rejection(tool: ToolVersion, problem: string, hint: string): HandaxeError {
  return new HandaxeError('tool_rejected', `${tool.name} ${problem}`, { hint, details: { tool: tool.name } })
}
