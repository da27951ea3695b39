import type { ToolModule } from '../contracts/sandbox.ts'
import type { ToolVersion } from '../contracts/tool.ts'
import { renameImport } from './rename-import.ts'
import { rejection, toCamelCase } from './resolve-imports.ts'

/** Gives the version, or rejects with `unknown_tool`. */
export type GetVersion = (name: string, version?: number) => Promise<ToolVersion>

/**
 * The modules of the tools asked for and of all that they import, each in its pinned version. A module is known to an
 * execution by its name alone; so where two versions of a tool meet, those asked for keep the name, and another is
 * called `name__v1`, with the imports that mean it rewritten. Rejects with `tool_rejected` where that cannot be done.
 */
export async function buildClosure(
  get: GetVersion,
  requested: readonly { name: string; version?: number }[],
): Promise<ToolModule[]> {
  const versions = await collectVersions(get, requested)
  const moduleNames = nameModules(versions)
  return [...versions.values()].map((tool) => ({
    name: moduleNameOf(moduleNames, tool),
    language: tool.language,
    code: linkImports(tool, moduleNames),
    function: tool.function,
  }))
}

/** In breadth, by `name@version`: the tools asked for come first, what they import follows. */
async function collectVersions(
  get: GetVersion,
  requested: readonly { name: string; version?: number }[],
): Promise<Map<string, ToolVersion>> {
  const versions = new Map<string, ToolVersion>()
  const asked = new Map<string, number>()
  for (const { name, version } of requested) {
    const tool = await get(name, version)
    const other = asked.get(tool.name)
    if (other !== undefined && other !== tool.version) throw twoVersionsAsked(tool.name, [other, tool.version])
    asked.set(tool.name, tool.version)
    versions.set(keyOf(tool), tool)
  }
  // A map is walked in the order of insertion, what is added on the way included.
  for (const tool of versions.values()) {
    for (const pin of tool.pins) {
      if (!versions.has(keyOf(pin))) versions.set(keyOf(pin), await get(pin.name, pin.version))
    }
  }
  return versions
}

/** First come, first named: the tools asked for stand first. */
function nameModules(versions: ReadonlyMap<string, ToolVersion>): Map<string, string> {
  const taken = new Set<string>()
  const names = new Map<string, string>()
  for (const tool of versions.values()) {
    const name = taken.has(tool.name) ? `${tool.name}__v${tool.version}` : tool.name
    taken.add(name)
    names.set(keyOf(tool), name)
  }
  return names
}

function linkImports(tool: ToolVersion, moduleNames: ReadonlyMap<string, string>): string {
  let code = tool.code
  for (const pin of tool.pins) {
    const target = moduleNameOf(moduleNames, pin)
    if (target === pin.name) continue
    const spellings = [pin.name, toCamelCase(pin.name)]
    const linked = renameImport(code, { language: tool.language, spellings, target })
    if (linked === null) {
      throw rejection(
        tool.name,
        `imports version ${pin.version} of ${pin.name}, and another version is needed beside it`,
        {
          hint: `Save ${tool.name} again to take the current ${pin.name}, or let it import by name: ${EXAMPLES[tool.language](pin.name)}.`,
          details: { imported: pin },
        },
      )
    }
    code = linked
  }
  return code
}

const EXAMPLES = {
  python: (name: string) => `from tools import ${name}`,
  javascript: (name: string) => `import { ${toCamelCase(name)} } from 'tools'`,
} as const

function moduleNameOf(moduleNames: ReadonlyMap<string, string>, tool: { name: string; version: number }): string {
  const name = moduleNames.get(keyOf(tool))
  if (name === undefined) throw new TypeError(`${keyOf(tool)} is not in the closure`)
  return name
}

function twoVersionsAsked(name: string, versions: number[]): Error {
  return rejection(name, `is asked for in two versions, ${versions.join(' and ')}`, {
    hint: 'Use one version in one execution.',
    details: { versions },
  })
}

function keyOf({ name, version }: { name: string; version: number }): string {
  return `${name}@${version}`
}
