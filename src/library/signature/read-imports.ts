import { isBuiltin } from 'node:module'
import type { AnyNode, Program } from 'acorn'
import { toSnakeCase } from '../resolve-imports.ts'
import { lineOf, visit } from './parse-module.ts'

export interface ModuleImports {
  /** Packages by top-level name, Node's own without `node:`. */
  packages: string[]
  /** Those that are not Node's own. */
  external: string[]
  modules: string[]
  /** Tools, in snake_case. */
  uses: string[]
  problems: string[]
}

/** What an ES module imports, by `import`, `export … from`, `import()` and `require()`. */
export function readImports(program: Program): ModuleImports {
  const packages = new Set<string>()
  const external = new Set<string>()
  const modules = new Set<string>()
  const uses = new Set<string>()
  const problems: string[] = []
  visit(program, (node) => {
    const source = sourceOf(node)
    if (source === null) return true
    if (source === 'tools') {
      const names = importedNames(node)
      if (names === null) problems.push(`Line ${lineOf(node)}: import tools by name: \`import { name } from 'tools'\`.`)
      else for (const name of names) uses.add(toSnakeCase(name))
    } else if (/^[./]|^\w+:(?<!^node:)/.test(source)) {
      problems.push(`Line ${lineOf(node)}: a tool cannot import ${JSON.stringify(source)}: it is a single module.`)
    } else {
      const name = packageName(source)
      packages.add(name)
      modules.add(source.replace(/^node:/, ''))
      if (!isBuiltin(source)) external.add(name)
    }
    return true
  })
  return {
    packages: [...packages].sort(),
    external: [...external].sort(),
    modules: [...modules].sort(),
    uses: [...uses].sort(),
    problems,
  }
}

function sourceOf(node: AnyNode): string | null {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
    case 'ImportExpression':
      return textOf(node.source)
    case 'CallExpression':
      return node.callee.type === 'Identifier' && node.callee.name === 'require' ? textOf(node.arguments[0]) : null
    default:
      return null
  }
}

function textOf(node: AnyNode | null | undefined): string | null {
  return node?.type === 'Literal' && typeof node.value === 'string' ? node.value : null
}

/** Null where the module is taken as a whole. */
function importedNames(node: AnyNode): string[] | null {
  if (node.type !== 'ImportDeclaration') return null
  const names = node.specifiers.map((specifier) =>
    specifier.type === 'ImportSpecifier' && specifier.imported.type === 'Identifier' ? specifier.imported.name : null,
  )
  return names.every((name) => name !== null) ? names : null
}

function packageName(source: string): string {
  const parts = source.replace(/^node:/, '').split('/')
  return source.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? source)
}
