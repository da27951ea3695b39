import { HandaxeError } from '../../../contracts/errors.ts'
import type { ExportResult } from '../../../contracts/exchange.ts'
import type { ToolModule } from '../../../contracts/sandbox.ts'
import type { ToolVersion } from '../../../contracts/tool.ts'
import { joinAssets } from '../../../util/join-assets.ts'
import { renderToolList, TOOL_LIST_FILE } from '../render-tool-list.ts'
import type { ExportPlan } from '../write/plan-export.ts'
import type { RenderedFile } from '../write/write-export.ts'
import { toRequirements } from './python-requirements.ts'
import { renderImports } from './render-imports.ts'
import { renderPytest } from './render-pytest.ts'
import { toPackageImports } from './rewrite-imports.ts'

export interface PackageOptions {
  packageName: string
  packageVersion: string
}

export type RenderedPackage = { files: RenderedFile[] } & Pick<ExportResult, 'leftOut' | 'notes'>

/** An installable package with a module for each tool. JavaScript tools are left out. */
export async function renderPythonPackage(plan: ExportPlan, options: PackageOptions): Promise<RenderedPackage> {
  const { packageName } = options
  const tools = plan.tools.filter(({ language }) => language === 'python')
  const modules = (await plan.modulesOf(tools)).map((module) => ({
    ...module,
    code: toModuleCode(module, packageName),
  }))
  const imported = plan.imported.filter(({ language }) => language === 'python')
  const { requirements, unknown } = toRequirements([...tools, ...imported].flatMap(({ imports }) => imports))
  const source = `src/${packageName}`
  const files: RenderedFile[] = [
    { path: 'pyproject.toml', content: renderProject(options, { requirements, toolCount: tools.length }) },
    {
      path: TOOL_LIST_FILE,
      content: renderToolList(plan, { kind: 'python', packageName, modules, fileOf: (name) => `${source}/${name}.py` }),
    },
    { path: `${source}/__init__.py`, content: renderImports(modules, '"""Tools that handaxe made and kept."""') },
    { path: `${source}/py.typed`, content: '' },
    ...modules.map(({ name, code }) => ({ path: `${source}/${name}.py`, content: code })),
    ...(await renderTests(tools, packageName)),
  ]
  return {
    files,
    leftOut: plan.tools
      .filter(({ language }) => language !== 'python')
      .map(({ name, version, language }) => ({ name, version, reason: `is written in ${language}` })),
    notes: unknown.map(
      (name) =>
        `Which distribution provides the module ${name} is not known: add it to the dependencies in pyproject.toml.`,
    ),
  }
}

function toModuleCode({ name, code }: ToolModule, packageName: string): string {
  const rewritten = toPackageImports(code, packageName)
  if (rewritten !== null) return rewritten
  throw new HandaxeError('tool_rejected', `The imports of ${name} cannot be read`, {
    hint: 'Export it as a bundle or as a skill: there its code stays as it is.',
    details: { tool: name },
  })
}

async function renderTests(tools: readonly ToolVersion[], packageName: string): Promise<RenderedFile[]> {
  const tests = tools.flatMap((tool) => {
    const content = renderPytest(tool, { packageName, module: tool.name })
    return content === null ? [] : [{ path: `tests/test_${tool.name}.py`, content }]
  })
  if (tests.length === 0) return []
  const comparison = await joinAssets(['library/formats/python/comparison.py'])
  return [{ path: 'tests/comparison.py', content: comparison }, ...tests]
}

function renderProject(
  { packageName, packageVersion }: PackageOptions,
  { requirements, toolCount }: { requirements: string[]; toolCount: number },
): string {
  const list = requirements.map((name) => `    ${JSON.stringify(name)},\n`).join('')
  return `[build-system]
requires = ["setuptools>=64"]
build-backend = "setuptools.build_meta"

[project]
name = ${JSON.stringify(packageName.replaceAll('_', '-'))}
version = ${JSON.stringify(packageVersion)}
description = "${toolCount} ${toolCount === 1 ? 'tool' : 'tools'} that handaxe made and kept"
requires-python = ">=3.10"
dependencies = [${list === '' ? '' : `\n${list}`}]

[project.optional-dependencies]
test = ["pytest"]

[tool.setuptools]
package-dir = { "" = "src" }
packages = [${JSON.stringify(packageName)}]

[tool.setuptools.package-data]
${packageName} = ["py.typed"]

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["src", "tests"]
`
}
