import type { AnyNode, Program, Property } from 'acorn'
import { toSnakeCase } from '../../resolve-imports.ts'
import { parseModule } from '../../signature/parse-module.ts'
import { readImports } from '../../signature/read-imports.ts'
import type { Inspection } from './inspect-python.ts'

/** Nothing of the module is run: its record is read where it is written out. */
export function inspectJavascript(code: string): Inspection {
  const parsed = parseModule(code)
  if ('problem' in parsed) return { reason: `cannot be read: ${parsed.problem}` }
  const { program } = parsed
  const main = findDefault(program)
  const record = findExported(program, 'tool')
  if (main === null && record === null) {
    return {
      reason: hasExports(program)
        ? 'has no default export: a tool is an ES module whose default export is a function'
        : 'exports nothing: a tool is an ES module whose default export is a function',
    }
  }
  const problems = [
    ...(main === null ? ['There is no default export: it has to be the function of the tool.'] : []),
    ...(record === null
      ? ['There is no exported record `tool` with name, description, inputSchema and outputSchema.']
      : []),
    ...readImports(program).problems,
  ]
  const name = nameInRecord(record) ?? nameOf(main)
  return { ...(name === null ? {} : { name }), problems, notes: [] }
}

function findDefault(program: Program): AnyNode | null {
  return program.body.find((node) => node.type === 'ExportDefaultDeclaration')?.declaration ?? null
}

function hasExports(program: Program): boolean {
  return program.body.some(({ type }) => type === 'ExportNamedDeclaration' || type === 'ExportAllDeclaration')
}

/** The value of `export const name = …`. */
function findExported(program: Program, name: string): AnyNode | null {
  for (const node of program.body) {
    if (node.type !== 'ExportNamedDeclaration' || node.declaration?.type !== 'VariableDeclaration') continue
    const found = node.declaration.declarations.find(({ id }) => id.type === 'Identifier' && id.name === name)
    if (found !== undefined) return found.init ?? found
  }
  return null
}

function nameInRecord(record: AnyNode | null): string | null {
  if (record?.type !== 'ObjectExpression') return null
  const field = record.properties.find(
    (property): property is Property =>
      property.type === 'Property' &&
      !property.computed &&
      ((property.key.type === 'Identifier' && property.key.name === 'name') ||
        (property.key.type === 'Literal' && property.key.value === 'name')),
  )
  const value = field?.value
  return value?.type === 'Literal' && typeof value.value === 'string' ? value.value : null
}

function nameOf(main: AnyNode | null): string | null {
  if (main?.type === 'Identifier') return toSnakeCase(main.name)
  if (main?.type === 'FunctionDeclaration' || main?.type === 'FunctionExpression') {
    return main.id === null || main.id === undefined ? null : toSnakeCase(main.id.name)
  }
  return null
}
