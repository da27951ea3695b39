import { parsePython, type ImportedName, type PythonImport } from './parse-python.ts'

interface Change {
  from: number
  to: number
  text: string
}

/** Another version of a tool than the one that has the name. */
const VERSIONED = /^([a-z][a-z0-9_]*?)__v\d+$/

/**
 * A tool's code as a module of a package: `from tools import mean` becomes `from . import mean`. No line moves. Null for
 * code that cannot be read.
 */
export function toPackageImports(code: string, packageName: string): string | null {
  return rewrite(code, (statement) => {
    if (statement.isFrom)
      return statement.level === 0 && statement.module === 'tools' ? [replaceModule(statement, '.')] : []
    return statement.names
      .filter(({ name }) => name === 'tools')
      .map((item) => replaceName(item, `${packageName} as ${item.alias ?? 'tools'}`))
  })
}

/** Back again: imports of the package's own modules become imports from `tools`, of the version that has the name. */
export function toToolImports(
  code: string,
  { packageName, modules }: { packageName: string; modules: ReadonlySet<string> },
): string | null {
  return rewrite(code, (statement) => {
    if (!statement.isFrom) return statement.names.flatMap((item) => renameWhole(item, packageName))
    const isPackage = isOf(statement, '', packageName)
    const isOwnModule = statement.names.length === 1 && isOf(statement, statement.names[0]?.name ?? '', packageName)
    if (!isPackage && !isOwnModule) return []
    if (!statement.names.every(({ name }) => modules.has(name))) return []
    return [replaceModule(statement, 'tools'), ...statement.names.flatMap(renameVersion)]
  })
}

/** Also for what is imported as `tools` already: `mean__v1 as mean` is how an export says which version is meant. */
export function dropVersions(code: string): string | null {
  return rewrite(code, ({ isFrom, level, module, names }) =>
    isFrom && level === 0 && module === 'tools' ? names.flatMap(renameVersion) : [],
  )
}

/** `from .module`, or `from package.module`; without a module `from .`, or `from package`. */
function isOf({ level, module }: PythonImport, name: string, packageName: string): boolean {
  if (level === 1) return module === name
  return level === 0 && module === (name === '' ? packageName : `${packageName}.${name}`)
}

function renameWhole(item: ImportedName, packageName: string): Change[] {
  if (item.name !== packageName || item.alias === null) return []
  return [replaceName(item, item.alias === 'tools' ? 'tools' : `tools as ${item.alias}`)]
}

function renameVersion(item: ImportedName): Change[] {
  const name = VERSIONED.exec(item.name)?.[1]
  if (name === undefined) return []
  const alias = item.alias ?? item.name
  return [replaceName(item, alias === name ? name : `${name} as ${alias}`)]
}

function replaceModule({ moduleFrom, moduleTo }: PythonImport, text: string): Change {
  return { from: moduleFrom, to: moduleTo, text }
}

function replaceName({ from, to }: ImportedName, text: string): Change {
  return { from, to, text }
}

function rewrite(code: string, change: (statement: PythonImport) => Change[]): string | null {
  const module = parsePython(code)
  if (module === null) return null
  const changes = module.imports.flatMap(change).toSorted((left, right) => left.from - right.from)
  let rewritten = ''
  let done = 0
  for (const { from, to, text } of changes) {
    rewritten += code.slice(done, from) + text
    done = to
  }
  return rewritten + code.slice(done)
}
