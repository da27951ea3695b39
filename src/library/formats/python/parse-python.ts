import type { SyntaxNode, Tree } from '@lezer/common'
import { parser } from '@lezer/python'

/** Real code takes some milliseconds; brackets without end take a time that grows with their square. */
const MAXIMUM_MS = 2000

export interface ImportedName {
  /** Dotted where whole modules are imported; `*` for everything. */
  name: string
  alias: string | null
  /** In the code, the alias included. */
  from: number
  to: number
}

export interface PythonImport {
  /** `from … import …`, or `import …`. */
  isFrom: boolean
  /** Leading dots. */
  level: number
  /** Of `from`: empty for `from . import`. */
  module: string
  /** Place of dots and module in the code. */
  moduleFrom: number
  moduleTo: number
  names: ImportedName[]
}

export interface PythonFunction {
  name: string
  hasDocstring: boolean
  hasReturnHint: boolean
  parameters: { name: string; hasHint: boolean }[]
}

export interface PythonModule {
  imports: PythonImport[]
  /** At the top level. */
  functions: PythonFunction[]
  /** Line of the first place that this grammar does not know; Python's own parser has the last word. */
  doubtfulLine: number | null
}

/** What stands in Python code, without running it. Null for code that takes too long to be read. */
export function parsePython(code: string): PythonModule | null {
  const tree = parseInTime(code)
  if (tree === null) return null
  const imports: PythonImport[] = []
  let doubtful: number | null = null
  tree.iterate({
    enter(node) {
      if (node.name === 'ImportStatement') imports.push(readImport(node.node, code))
      if (node.type.isError && doubtful === null) doubtful = node.from
    },
  })
  return {
    imports,
    functions: topLevel(tree.topNode).flatMap((node) => readFunction(node, code)),
    doubtfulLine: doubtful === null ? null : code.slice(0, doubtful).split('\n').length,
  }
}

function parseInTime(code: string): Tree | null {
  const parse = parser.startParse(code)
  const deadline = performance.now() + MAXIMUM_MS
  for (;;) {
    const tree = parse.advance()
    if (tree !== null) return tree
    if (performance.now() > deadline) return null
  }
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = []
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child)
  return children
}

function topLevel(root: SyntaxNode): SyntaxNode[] {
  return childrenOf(root).flatMap((node) => (node.name === 'StatementGroup' ? childrenOf(node) : [node]))
}

function readImport(node: SyntaxNode, code: string): PythonImport {
  const children = childrenOf(node).filter(({ name, type }) => name !== 'Comment' && !type.isError)
  const text = ({ from, to }: SyntaxNode): string => code.slice(from, to)
  const isFrom = children[0]?.name === 'from'
  const start = children.findIndex(({ name }) => name === 'import')
  const path = isFrom ? children.slice(1, start) : []
  const dots = path.filter(({ name }) => name === '.' || name === 'Ellipsis')
  const firstName = path.findIndex(({ name }) => name === 'VariableName')
  const leading = firstName === -1 ? dots : dots.filter((dot) => path.indexOf(dot) < firstName)
  return {
    isFrom,
    level: leading.reduce((level, dot) => level + dot.to - dot.from, 0),
    module: firstName === -1 ? '' : path.slice(firstName).map(text).join(''),
    moduleFrom: path[0]?.from ?? node.from,
    moduleTo: path.at(-1)?.to ?? node.from,
    names: readNames(children.slice(start + 1), text),
  }
}

function readNames(nodes: SyntaxNode[], text: (node: SyntaxNode) => string): ImportedName[] {
  const names: ImportedName[] = []
  let open: SyntaxNode[] = []
  const close = (): void => {
    const first = open[0]
    const last = open.at(-1)
    const as = open.findIndex(({ name }) => name === 'as')
    const path = as === -1 ? open : open.slice(0, as)
    if (first !== undefined && last !== undefined) {
      const alias = as === -1 ? null : text(last)
      names.push({ name: path.map(text).join(''), alias, from: first.from, to: last.to })
    }
    open = []
  }
  for (const node of nodes) {
    if (node.name === ',') close()
    else if (node.name !== '(' && node.name !== ')') open.push(node)
  }
  close()
  return names
}

function readFunction(node: SyntaxNode, code: string): PythonFunction[] {
  const definition = node.name === 'DecoratedStatement' ? node.getChild('FunctionDefinition') : node
  if (definition?.name !== 'FunctionDefinition') return []
  const name = definition.getChild('VariableName')
  const list = definition.getChild('ParamList')
  const body = definition.getChild('Body')
  if (name === null) return []
  return [
    {
      name: code.slice(name.from, name.to),
      hasDocstring: body !== null && startsWithText(body),
      hasReturnHint: definition.getChild('TypeDef') !== null,
      parameters: list === null ? [] : readParameters(list, code),
    },
  ]
}

function startsWithText(body: SyntaxNode): boolean {
  const first = childrenOf(body).find(({ name }) => name !== ':' && name !== 'Comment')
  const kind = first?.name === 'ExpressionStatement' ? first.firstChild?.name : undefined
  return kind === 'String' || kind === 'ContinuedString'
}

function readParameters(list: SyntaxNode, code: string): PythonFunction['parameters'] {
  return list
    .getChildren('VariableName')
    .filter((node) => node.prevSibling?.name !== 'AssignOp')
    .map((node) => ({ name: code.slice(node.from, node.to), hasHint: node.nextSibling?.name === 'TypeDef' }))
}
