import { parse, type AnyNode, type Program } from 'acorn'

/** Longer than any tool that a person would want to read. */
const MAXIMUM_CHARACTERS = 256 * 1024

export type ParsedModule = { program: Program } | { problem: string }

/** The syntax tree of an ES module. Parsing runs nothing of it. */
export function parseModule(code: string): ParsedModule {
  if (code.length > MAXIMUM_CHARACTERS) return { problem: `The code is longer than ${MAXIMUM_CHARACTERS} characters.` }
  try {
    return { program: parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true }) }
  } catch (error) {
    if (error instanceof RangeError) return { problem: 'The code is nested too deeply.' }
    if (!(error instanceof SyntaxError)) throw error
    return { problem: describeSyntaxError(error, code) }
  }
}

function describeSyntaxError(error: SyntaxError & { loc?: { line: number } }, code: string): string {
  // Acorn ends its messages with the place in brackets.
  const message = error.message.replace(/ \(\d+:\d+\)$/, '')
  const number = error.loc?.line
  if (number === undefined) return `SyntaxError: ${message}.`
  const line = (code.split('\n')[number - 1] ?? '').trim().slice(0, 200)
  return `Line ${number}: SyntaxError: ${message}${line === '' ? '' : `: \`${line}\``}.`
}

export function lineOf(node: AnyNode): number {
  return node.loc?.start.line ?? 0
}

/**
 * Visits `node` and what is in it, outer nodes first; `enter` says whether to go on into a node. Without recursion: the
 * depth of the tree is the code's to choose.
 */
export function visit(node: AnyNode, enter: (node: AnyNode) => boolean): void {
  const open: AnyNode[] = [node]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (!enter(next)) continue
    open.push(...childrenOf(next).toReversed())
  }
}

function childrenOf(node: AnyNode): AnyNode[] {
  return Object.values(node).flatMap((part: unknown) => (Array.isArray(part) ? part : [part]).filter(isNode))
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}

/** `a.b.c` of a name or of plain property accesses; empty for anything else. */
export function dottedName(node: AnyNode): string {
  if (node.type === 'Identifier') return node.name
  if (node.type !== 'MemberExpression' || node.computed || node.property.type !== 'Identifier') return ''
  const object = dottedName(node.object)
  return object === '' ? '' : `${object}.${node.property.name}`
}

export function isFunction(node: AnyNode): boolean {
  return (
    node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression'
  )
}
