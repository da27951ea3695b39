import type { ToolModule } from '../../../contracts/sandbox.ts'
import { parsePython } from './parse-python.ts'

/**
 * The `__init__.py` of a package of tools. Each module is loaded after those that it imports, so that a name stands for
 * the function, and not for the module of that name, when it is asked for.
 */
export function renderImports(modules: readonly ToolModule[], docstring: string): string {
  const lines = sortByImports(modules).map(({ name, function: called }) => {
    return `from .${name} import ${called}${called === name ? '' : ` as ${name}`}`
  })
  return [docstring, '', '# isort: skip_file', ...lines, '', renderNames(modules), ''].join('\n')
}

function renderNames(modules: readonly ToolModule[]): string {
  const names = modules.map(({ name }) => name).filter((name) => !/__v\d+$/.test(name))
  return `__all__ = [\n${names
    .toSorted()
    .map((name) => `    ${JSON.stringify(name)},\n`)
    .join('')}]`
}

/** Otherwise in the order of their names: it moves as little as it can when a tool comes or goes. */
function sortByImports(modules: readonly ToolModule[]): ToolModule[] {
  const byName = new Map(modules.map((module) => [module.name, module]))
  const seen = new Set<string>()
  const sorted: ToolModule[] = []
  const visit = (name: string): void => {
    const module = byName.get(name)
    if (module === undefined || seen.has(name)) return
    seen.add(name)
    for (const imported of importedTools(module.code)) visit(imported)
    sorted.push(module)
  }
  for (const name of [...byName.keys()].toSorted()) visit(name)
  return sorted
}

/** A code that only says `import tools` asks for them when it is called: then all are there. */
function importedTools(code: string): string[] {
  const statements = parsePython(code)?.imports ?? []
  return statements
    .filter(
      ({ isFrom, level, module }) => isFrom && ((level === 0 && module === 'tools') || (level === 1 && module === '')),
    )
    .flatMap(({ names }) => names.map(({ name }) => name))
}
