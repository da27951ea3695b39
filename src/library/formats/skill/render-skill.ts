import type { ToolModule } from '../../../contracts/sandbox.ts'
import type { ToolVersion } from '../../../contracts/tool.ts'
import { joinAssets } from '../../../util/join-assets.ts'
import { toCamelCase } from '../../resolve-imports.ts'
import { FORMAT_VERSION } from '../format-version.ts'
import { toJsonText } from '../json-text.ts'
import { renderImports } from '../python/render-imports.ts'
import { sha256 } from '../sha256.ts'
import { toJsonRecord, toJsonTests, toToolRecord } from '../tool-record.ts'
import type { ExportPlan } from '../write/plan-export.ts'
import type { RenderedFile } from '../write/write-export.ts'
import { nameSkills } from './skill-name.ts'
import { renderSkillText, scriptName } from './skill-text.ts'

const RUNNERS = { python: 'run.py', javascript: 'run.mjs' } as const

/** One Agent Skill folder for each tool, complete in itself: what the tool imports lies in `imports/tools`. */
export async function renderSkills(plan: ExportPlan): Promise<RenderedFile[]> {
  const names = nameSkills(plan.tools.map(({ name }) => name))
  const files: RenderedFile[] = []
  for (const tool of plan.tools) {
    const name = names.get(tool.name) ?? tool.name
    const skill = await renderSkill(tool, { name, plan })
    for (const { path, content } of skill) files.push({ path: `${name}/${path}`, content })
  }
  return files
}

/** What a person edits of a skill: its page, its script, its tests. */
export function renderEditedFiles(tool: ToolVersion, skillName: string): [RenderedFile, RenderedFile, RenderedFile] {
  return [
    { path: 'SKILL.md', content: renderSkillText(tool, skillName) },
    { path: scriptPath(tool), content: tool.code },
    { path: 'tests.json', content: toJsonText(toJsonTests(tool.tests)) },
  ]
}

function scriptPath(tool: ToolVersion): string {
  return `scripts/${scriptName(tool)}`
}

async function renderSkill(
  tool: ToolVersion,
  { name, plan }: { name: string; plan: ExportPlan },
): Promise<RenderedFile[]> {
  const script = scriptPath(tool)
  const runner = RUNNERS[tool.language]
  const edited = renderEditedFiles(tool, name)
  const record = {
    format: 'handaxe-tool',
    formatVersion: FORMAT_VERSION,
    script,
    ...toToolRecord(tool),
    // A skill that is copied out of the export, away from its manifest, can still be told from an edited one.
    hashes: Object.fromEntries(edited.map(({ path, content }) => [path, sha256(content)])),
  }
  return [
    ...edited,
    { path: 'tool.json', content: toJsonText(toJsonRecord(record)) },
    { path: runner, content: await joinAssets([`library/formats/skill/${runner}`]) },
    ...(tool.pins.length === 0 ? [] : await renderImported(tool, plan)),
  ]
}

async function renderImported(tool: ToolVersion, plan: ExportPlan): Promise<RenderedFile[]> {
  const modules = await plan.importsOf(tool)
  return tool.language === 'python' ? renderPythonImports(modules) : renderJavascriptImports(modules)
}

function renderPythonImports(modules: ToolModule[]): RenderedFile[] {
  return [
    {
      path: 'imports/tools/__init__.py',
      content: renderImports(modules, '"""The tools that this skill\'s tool imports."""'),
    },
    ...modules.map(({ name, code }) => ({ path: `imports/tools/${name}.py`, content: code })),
  ]
}

/** The folder's own package is called `tools`, so that its modules find it under that name. */
function renderJavascriptImports(modules: ToolModule[]): RenderedFile[] {
  const lines = modules.map(({ name }) => {
    const names = [...new Set([name, toCamelCase(name)])].map((exported) => `default as ${exported}`)
    return `export { ${names.join(', ')} } from './${name}.mjs'`
  })
  const description = { name: 'tools', private: true, type: 'module', exports: './imports/tools/index.mjs' }
  return [
    { path: 'package.json', content: toJsonText(description) },
    { path: 'imports/tools/index.mjs', content: `${lines.join('\n')}\n` },
    ...modules.map(({ name, code }) => ({ path: `imports/tools/${name}.mjs`, content: code })),
  ]
}
