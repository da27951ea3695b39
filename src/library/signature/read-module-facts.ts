import type { AnyNode, Pattern, Program } from 'acorn'
import type { CodeFacts, ImportTimeStatement } from './code-facts.ts'
import { dottedName, isFunction, lineOf, visit } from './parse-module.ts'

const MAXIMUM_LITERALS = 2000
const LITERAL_CHARACTERS = 200

export interface ModuleFacts extends Omit<CodeFacts, 'modules' | 'packages' | 'unavailableImports'> {
  /** The default export's parameters, by the names in its one object; null where they are not written out there. */
  parameters: { name: string; hasDefault: boolean }[] | null
  /** How many parameters the default export takes; null where it is not a function in sight. */
  arity: number | null
}

/** What stands in an ES module. */
export function readModuleFacts(program: Program): ModuleFacts {
  const main = findDefaultFunction(program)
  const first = main !== null && 'params' in main ? main.params[0] : undefined
  const arity = main !== null && 'params' in main ? main.params.length : null
  return {
    literals: readLiterals(program, new Set([findToolRecord(program), first].filter((node) => node !== undefined))),
    calls: readCalls(program),
    definitions: program.body.flatMap(definedNames),
    atImport: program.body.flatMap((statement) => readStatement(statement)),
    // A catch of JavaScript takes every error: there is no telling which one is meant.
    swallows: [],
    patches: readPatches(program),
    parameters: readParameters(first),
    arity,
  }
}

function findDefaultFunction(program: Program): AnyNode | null {
  const exported = program.body.find((statement) => statement.type === 'ExportDefaultDeclaration')?.declaration
  if (exported === undefined) return null
  const found = exported.type === 'Identifier' ? findDeclaration(program, exported.name) : exported
  return found !== undefined && isFunction(found) ? found : null
}

function findDeclaration(program: Program, name: string): AnyNode | undefined {
  for (const statement of program.body) {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    if (declaration?.type === 'FunctionDeclaration' && declaration.id?.name === name) return declaration
    if (declaration?.type !== 'VariableDeclaration') continue
    const declarator = declaration.declarations.find(({ id }) => id.type === 'Identifier' && id.name === name)
    if (declarator?.init) return declarator.init
  }
  return undefined
}

function definedNames(statement: Program['body'][number]): string[] {
  const exported = statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportDefaultDeclaration'
  const declaration = exported ? statement.declaration : statement
  if (declaration?.type === 'FunctionDeclaration' || declaration?.type === 'ClassDeclaration') {
    return declaration.id === null ? [] : [declaration.id.name]
  }
  if (declaration?.type !== 'VariableDeclaration') return []
  return declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []))
}

function findToolRecord(program: Program): AnyNode | undefined {
  return findDeclaration(program, 'tool')
}

function readParameters(first: Pattern | undefined): ModuleFacts['parameters'] {
  const pattern = first?.type === 'AssignmentPattern' ? first.left : first
  if (pattern?.type !== 'ObjectPattern') return null
  const names = pattern.properties.map((property) => {
    if (property.type !== 'Property' || property.key.type !== 'Identifier' || property.computed) return null
    return { name: property.key.name, hasDefault: property.value.type === 'AssignmentPattern' }
  })
  return names.every((name) => name !== null) ? names : null
}

/** Without what `skipped` holds (the tool's record, the parameters), directives and the sources of imports. */
function readLiterals(program: Program, skipped: ReadonlySet<AnyNode>): CodeFacts['literals'] {
  const literals: CodeFacts['literals'] = []
  visit(program, (node) => {
    if (skipped.has(node) || node.type === 'ImportDeclaration' || isDirective(node)) return false
    const value = literalValue(node) ?? (node.type === 'BinaryExpression' ? computedValue(node, 0) : null)
    if (value !== null && literals.length < MAXIMUM_LITERALS) literals.push({ value, line: lineOf(node) })
    return true
  })
  return literals
}

const OPERATIONS: Readonly<Record<string, (one: number, other: number) => number>> = {
  '+': (one, other) => one + other,
  '-': (one, other) => one - other,
  '*': (one, other) => one * other,
  '/': (one, other) => one / other,
}
const MOST_OPERATIONS = 4

/** A number that is put together of literals, such as `1000 + 234.5`. */
function computedValue(node: AnyNode, depth: number): number | null {
  if (node.type === 'Literal') return typeof node.value === 'number' ? node.value : null
  const operation = node.type === 'BinaryExpression' ? OPERATIONS[node.operator] : undefined
  if (node.type !== 'BinaryExpression' || operation === undefined || depth > MOST_OPERATIONS) return null
  const [one, other] = [computedValue(node.left, depth + 1), computedValue(node.right, depth + 1)]
  if (one === null || other === null) return null
  const value = operation(one, other)
  // Decimals that were added: 1000 + 234.5 is meant, whatever the last bit says.
  return Number.isFinite(value) ? Number(value.toPrecision(12)) : null
}

/** What every module of a process shares. */
const SHARED =
  /^(?:globalThis|Array|Object|String|Number|Boolean|Function|Math|JSON|Date|RegExp|Map|Set|Promise|Symbol|BigInt|Reflect|Error)(?:\.|$)/

function readPatches(program: Program): CodeFacts['patches'] {
  const patches: CodeFacts['patches'] = []
  visit(program, (node) => {
    const name = patchedName(node)
    if (SHARED.test(name)) patches.push({ name, line: lineOf(node) })
    return patches.length < 20
  })
  return patches
}

function patchedName(node: AnyNode): string {
  if (node.type === 'AssignmentExpression' && node.left.type === 'MemberExpression') {
    return node.left.computed ? dottedName(node.left.object) : dottedName(node.left)
  }
  if (node.type !== 'CallExpression') return ''
  const target = node.arguments[0]
  const isDefinition = /^(?:Object\.(?:definePropert(?:y|ies)|assign|setPrototypeOf)|Reflect\.(?:set|defineProperty))$/
  return isDefinition.test(dottedName(node.callee)) && target !== undefined ? dottedName(target) : ''
}

function isDirective(node: AnyNode): boolean {
  return node.type === 'ExpressionStatement' && 'directive' in node && node.directive !== undefined
}

function literalValue(node: AnyNode): string | number | null {
  if (node.type === 'TemplateElement')
    return node.value.raw.trim() === '' ? null : node.value.raw.slice(0, LITERAL_CHARACTERS)
  if (node.type !== 'Literal') return null
  if (typeof node.value === 'number') return node.value
  return typeof node.value === 'string' && node.value.trim() !== '' ? node.value.slice(0, LITERAL_CHARACTERS) : null
}

function readCalls(program: Program): CodeFacts['calls'] {
  const calls: CodeFacts['calls'] = []
  visit(program, (node) => {
    const name = calledName(node)
    if (name !== null && name !== '') calls.push({ name, line: lineOf(node) })
    return calls.length < MAXIMUM_LITERALS
  })
  return calls
}

function calledName(node: AnyNode): string | null {
  return node.type === 'CallExpression' || node.type === 'NewExpression' ? dottedName(node.callee) : null
}

/** What of a top-level statement happens when the module is loaded. */
function readStatement(statement: AnyNode): ImportTimeStatement[] {
  if (statement.type === 'ExportNamedDeclaration')
    return statement.declaration ? readStatement(statement.declaration) : []
  const calls: string[] = []
  visit(statement, (node) => {
    const name = calledName(node)
    if (name !== null) calls.push(name === '' ? 'a call' : name)
    return !isFunction(node)
  })
  const kind = statementKind(statement, calls.length > 0)
  return kind === null ? [] : [{ kind, line: lineOf(statement), calls: calls.slice(0, 20) }]
}

function statementKind(statement: AnyNode, hasCalls: boolean): ImportTimeStatement['kind'] | null {
  switch (statement.type) {
    case 'VariableDeclaration':
    case 'ExportDefaultDeclaration':
    case 'ClassDeclaration':
      return hasCalls ? 'assignment' : null
    case 'ExpressionStatement':
      return isDirective(statement) ? null : 'expression'
    case 'FunctionDeclaration':
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'EmptyStatement':
      return null
    default:
      return 'statement'
  }
}
