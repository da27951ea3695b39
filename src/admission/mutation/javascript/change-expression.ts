import type { AnyNode } from 'acorn'
import type { MutationKind } from '../mutant.ts'
import { ARITHMETIC, CALLS, COMPARISONS, LOGIC, otherNumbers, SLICES } from './operator-tables.ts'
import { keepsTheLarger } from './keeps-the-larger.ts'
import { lastName, numberOf, type Change, type Place } from './syntax-tree.ts'

/** Changes of operators, numbers and calls at one place. `code` is the text of the whole module. */
export function changeExpression(place: Place, code: string): Change[] {
  const { node, parent } = place
  switch (node.type) {
    case 'BinaryExpression':
      return changeBinary(place, code)
    case 'LogicalExpression':
      return operator('boolean', node, { code, before: node.operator, after: LOGIC[node.operator] })
    case 'UnaryExpression':
      return changeUnary(place, code)
    case 'AssignmentExpression': {
      const plain = node.operator.slice(0, -1)
      const after = isText(node.right) ? undefined : ARITHMETIC[plain]
      return operator('arithmetic', node, { code, before: node.operator, after: after && `${after}=` })
    }
    case 'UpdateExpression': {
      const at = node.prefix ? node.start : node.end - 2
      return [{ kind: 'arithmetic', start: at, end: at + 2, text: node.operator === '++' ? '--' : '++' }]
    }
    case 'Literal':
      // A sign before it belongs to the number.
      if (parent?.node.type === 'UnaryExpression' && parent.node.operator === '-') return []
      if (typeof node.value === 'boolean') return [{ ...replace(node, String(!node.value)), kind: 'constant' }]
      return changeNumber(node, isDivisor(place))
    case 'CallExpression':
      return changeCall(node, code)
    case 'ForStatement':
      return changeBound(node.test, code)
    case 'Property':
      return changeLength(place, code)
    default:
      return []
  }
}

function changeBinary({ node, parent, key }: Place, code: string): Change[] {
  if (node.type !== 'BinaryExpression') return []
  const { operator: before, left, right } = node
  const comparison = COMPARISONS[before]
  if (comparison !== undefined) {
    const decides = key === 'test' && parent !== null && keepsTheLarger(parent.node, code)
    return decides ? [] : operator('comparison', node, { code, before, after: comparison })
  }
  const isNumeric = !isText(left) && !isText(right)
  return operator('arithmetic', node, { code, before, after: isNumeric ? ARITHMETIC[before] : undefined })
}

function changeUnary({ node, parent, key }: Place, code: string): Change[] {
  if (node.type !== 'UnaryExpression') return []
  const inner = code.slice(node.argument.start, node.argument.end)
  if (numberOf(node) !== null) return changeNumber(node, false)
  if (node.operator === '-') return [{ ...replace(node, inner), kind: 'arithmetic' }]
  // As a whole condition it is negated there.
  const isCondition = key === 'test' && parent?.node.type !== 'ForStatement'
  return node.operator === '!' && !isCondition ? [{ ...replace(node, inner), kind: 'boolean' }] : []
}

/** The sign of what `%` divides by changes nothing. */
function isDivisor({ parent, key }: Place): boolean {
  return key === 'right' && parent?.node.type === 'BinaryExpression' && parent.node.operator === '%'
}

function changeNumber(node: AnyNode, signless: boolean): Change[] {
  const number = numberOf(node)
  if (number === null) return []
  const others = otherNumbers(number).filter((other) => !signless || other !== -number)
  return others.map((other) => ({ ...replace(node, spell(other)), kind: 'constant' }))
}

/** In brackets where it has a sign: `a - -1` needs none, but `2 ** -1` and `a--1` would be something else. */
function spell(number: number): string {
  return number < 0 ? `(${number})` : String(number)
}

function changeCall(node: AnyNode, code: string): Change[] {
  if (node.type !== 'CallExpression') return []
  const { callee } = node
  const name = lastName(callee)
  const other = CALLS[name]
  if (other !== undefined && callee.type === 'MemberExpression') {
    return [{ ...replace(callee.property, other), kind: 'call' }]
  }
  if (!SLICES.has(name)) return []
  return node.arguments.flatMap((argument, index): Change[] =>
    index > 1 || numberOf(argument) !== null || argument.type === 'SpreadElement'
      ? []
      : [{ ...shift(argument, index === 0 ? 1 : -1, code), kind: 'range' }],
  )
}

/** `index < values.length` becomes `index < (values.length) - 1`. */
function changeBound(test: AnyNode | null | undefined, code: string): Change[] {
  if (test?.type !== 'BinaryExpression' || !['<', '<=', '>', '>='].includes(test.operator)) return []
  if (numberOf(test.right) !== null) return []
  return [{ ...shift(test.right, test.operator.startsWith('<') ? -1 : 1, code), kind: 'range' }]
}

/** `Array.from({ length: n }, …)` is JavaScript's range. */
function changeLength({ node, parent }: Place, code: string): Change[] {
  if (node.type !== 'Property' || node.shorthand || node.key.type !== 'Identifier' || node.key.name !== 'length')
    return []
  if (parent?.key !== 'arguments' || numberOf(node.value) !== null) return []
  return [-1, 1].map((step) => ({ ...shift(node.value, step, code), kind: 'range' }))
}

function operator(
  kind: MutationKind,
  node: AnyNode,
  { code, before, after }: { code: string; before: string; after: string | undefined },
): Change[] {
  if (after === undefined || !('left' in node) || !node.left) return []
  // Comments and brackets may stand between the left side and the operator.
  const start = findOperator(code, node.left.end, before)
  return start === null ? [] : [{ kind, start, end: start + before.length, text: after }]
}

function findOperator(code: string, from: number, operator: string): number | null {
  for (let at = from; at < code.length;) {
    if (code.startsWith('//', at)) at = endOf(code, '\n', at)
    else if (code.startsWith('/*', at)) at = endOf(code, '*/', at)
    else if (code.startsWith(operator, at)) return at
    else at += 1
  }
  return null
}

function endOf(code: string, mark: string, from: number): number {
  const at = code.indexOf(mark, from)
  return at === -1 ? code.length : at + mark.length
}

function shift(node: AnyNode, step: number, code: string): Omit<Change, 'kind'> {
  return replace(node, `(${code.slice(node.start, node.end)}) ${step > 0 ? '+' : '-'} 1`)
}

function replace(node: AnyNode, text: string): Omit<Change, 'kind'> {
  return { start: node.start, end: node.end, text }
}

/** Text and lists: `-` for their `+` gives NaN at once, which any test sees. */
function isText(node: AnyNode): boolean {
  if (node.type === 'BinaryExpression') return isText(node.left) || isText(node.right)
  return (
    node.type === 'TemplateLiteral' ||
    node.type === 'ArrayExpression' ||
    (node.type === 'Literal' && typeof node.value === 'string')
  )
}
