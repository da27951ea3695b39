import type { ExportFormat } from '../../contracts/exchange.ts'
import type { JsonObject } from '../../contracts/json.ts'
import type { ToolLanguage, ToolModule } from '../../contracts/sandbox.ts'
import type { ToolVersion } from '../../contracts/tool.ts'
import { FORMAT_VERSION } from './format-version.ts'
import { toCanonicalJson, toJsonText } from './json-text.ts'
import { sha256 } from './sha256.ts'
import { toJsonRecord, toJsonTests, toToolRecord } from './tool-record.ts'
import type { ExportPlan } from './write/plan-export.ts'

export const TOOL_LIST_FILE = 'tools.json'

export interface ToolListOptions {
  kind: ExportFormat
  packageName: string
  modules: readonly ToolModule[]
  /** Where the code of a module lies. */
  fileOf(module: string, language: ToolLanguage): string
}

/** `tools.json`: what a package of modules cannot say of its tools, tests included. */
export function renderToolList(plan: ExportPlan, { kind, packageName, modules, fileOf }: ToolListOptions): string {
  const moduleOf = nameModules(plan, modules)
  const versions = new Map([...moduleOf.keys()].map((tool) => [`${tool.name}@${tool.version}`, tool]))
  const imported = new Set(plan.imported)
  const tools = [...moduleOf].map(([tool, module]) => {
    const importedModules = [...importedBy(tool, versions)].map((below) => moduleOf.get(below) ?? below.name).toSorted()
    const record = {
      module,
      file: fileOf(module, tool.language),
      ...(importedModules.length === 0 ? {} : { importedModules }),
      ...(imported.has(tool) ? { isImported: true } : {}),
      ...toToolRecord(tool),
    }
    return withHash(toJsonRecord({ ...record, tests: toJsonTests(tool.tests) }))
  })
  return toJsonText({ format: 'handaxe-tools', formatVersion: FORMAT_VERSION, kind, packageName, tools })
}

/** So that an edited tool can be told from the others of the file. */
function withHash(record: JsonObject): JsonObject {
  return { ...record, hash: hashOfRecord(record) }
}

export function hashOfRecord({ hash: _hash, ...record }: JsonObject): string {
  return sha256(toCanonicalJson(record))
}

/** Tools whose language the package cannot hold have no module. */
function nameModules({ tools, imported }: ExportPlan, modules: readonly ToolModule[]): Map<ToolVersion, string> {
  const languages = new Map(modules.map(({ name, language }) => [name, language]))
  const names = new Map<ToolVersion, string>()
  const asked = new Set(tools)
  for (const tool of [...tools, ...imported]) {
    const versioned = `${tool.name}__v${tool.version}`
    const name = !asked.has(tool) && languages.has(versioned) ? versioned : tool.name
    if (languages.get(name) === tool.language) names.set(tool, name)
  }
  return names
}

/** Directly and through others. */
function importedBy(tool: ToolVersion, versions: ReadonlyMap<string, ToolVersion>): Set<ToolVersion> {
  const found = new Set<ToolVersion>()
  const visit = ({ pins }: ToolVersion): void => {
    for (const { name, version } of pins) {
      const imported = versions.get(`${name}@${version}`)
      if (imported === undefined || found.has(imported)) continue
      found.add(imported)
      visit(imported)
    }
  }
  visit(tool)
  return found
}
