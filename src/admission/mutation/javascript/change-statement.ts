import type { AnyNode, BlockStatement } from 'acorn'
import { TWO_WAY } from './operator-tables.ts'
import { isMessage } from './skipped.ts'
import { findAround, lastName, type Change, type Place } from './syntax-tree.ts'

/** Methods that give a list. */
const LIST_METHODS = new Set([
  'map',
  'filter',
  'flatMap',
  'flat',
  'sort',
  'toSorted',
  'reverse',
  'toReversed',
  'from',
  'keys',
])
const LOOPS = new Set(['ForStatement', 'ForOfStatement', 'ForInStatement', 'WhileStatement', 'DoWhileStatement'])

/** Changes of conditions, results and whole statements at one place. `code` is the text of the whole module. */
export function changeStatement(place: Place, code: string): Change[] {
  const { node } = place
  switch (node.type) {
    case 'IfStatement':
    case 'ConditionalExpression':
      return changeCondition(node, code)
    case 'WhileStatement':
      return node.test.type === 'Literal' ? [] : [change('condition', node.test, 'false')]
    case 'ReturnStatement':
      return node.argument ? changeResult(node.argument, code) : []
    default:
      return canBeDropped(place) ? [change('statement', node, isInBlock(place) ? '' : ';')] : []
  }
}

function changeCondition(node: AnyNode, code: string): Change[] {
  if (node.type !== 'IfStatement' && node.type !== 'ConditionalExpression') return []
  const { test } = node
  if (test.type === 'Literal') return []
  const never = change('condition', test, 'false')
  // A guard that is turned round only refuses every input.
  if (node.type === 'IfStatement' && !node.alternate && endsWithThrow(node.consequent)) return [never]
  const twoWay = test.type === 'BinaryExpression' && TWO_WAY.has(test.operator)
  return [never, change('condition', test, 'true'), ...(twoWay ? [] : [change('condition', test, negate(test, code))])]
}

function negate(test: AnyNode, code: string): string {
  if (test.type === 'UnaryExpression' && test.operator === '!') {
    return code.slice(test.argument.start, test.argument.end)
  }
  return `!(${code.slice(test.start, test.end)})`
}

function endsWithThrow(node: AnyNode): boolean {
  if (node.type === 'BlockStatement') {
    const last = node.body.at(-1)
    return last !== undefined && endsWithThrow(last)
  }
  return node.type === 'ThrowStatement'
}

/** Nothing, and the empty thing of its kind where the expression shows the kind. */
function changeResult(value: AnyNode, code: string): Change[] {
  const isNull = value.type === 'Literal' && value.value === null
  const changes = isNull ? [] : [change('return', value, 'null')]
  switch (value.type) {
    case 'ArrayExpression':
      return value.elements.length === 0 ? changes : [...changes, change('return', value, '[]')]
    case 'ObjectExpression':
      return [...changes, change('return', value, '({})')]
    case 'TemplateLiteral':
      return [...changes, change('return', value, "''")]
    case 'LogicalExpression':
      return [...changes, change('return', value, `!(${code.slice(value.start, value.end)})`)]
    case 'BinaryExpression':
      if (!/^(?:[<>]=?|[!=]==?|in|instanceof)$/.test(value.operator)) return [...changes, change('return', value, '0')]
      return [...changes, change('return', value, `!(${code.slice(value.start, value.end)})`)]
    case 'CallExpression':
      return [...changes, change('return', value, LIST_METHODS.has(lastName(value.callee)) ? '[]' : '0')]
    case 'Identifier':
    case 'MemberExpression':
      return [...changes, change('return', value, '0')]
    default:
      return changes
  }
}

function canBeDropped(place: Place): boolean {
  const { node, parent } = place
  if (node.type === 'ExpressionStatement') {
    const { expression } = node
    if (isMessage(expression)) return false
    return ['AssignmentExpression', 'CallExpression', 'UpdateExpression', 'AwaitExpression'].includes(expression.type)
  }
  if (node.type === 'ThrowStatement') return !isWholeGuard(place)
  if (node.type === 'ContinueStatement') return !isLastOfLoop(place)
  if (node.type !== 'BreakStatement' || node.label) return false
  // Without it a `while` would often never end, and a `case` runs into the next.
  const around = findAround(place, (outer) => LOOPS.has(outer.type) || outer.type === 'SwitchStatement')
  return parent !== null && (around?.node.type === 'ForStatement' || around?.node.type === 'ForOfStatement')
}

/** Alone in its `if`, a `throw` goes with the condition. */
function isWholeGuard({ node, parent }: Place): boolean {
  if (parent?.node.type === 'IfStatement') return true
  const block = parent?.node.type === 'BlockStatement' ? (parent.node as BlockStatement) : null
  return (
    block !== null && block.body.length === 1 && block.body[0] === node && parent?.parent?.node.type === 'IfStatement'
  )
}

function isLastOfLoop({ node, parent }: Place): boolean {
  if (parent?.node.type !== 'BlockStatement' || parent.key !== 'body')
    return parent !== null && LOOPS.has(parent.node.type)
  return (
    (parent.node as BlockStatement).body.at(-1) === node && parent.parent !== null && LOOPS.has(parent.parent.node.type)
  )
}

function isInBlock({ parent }: Place): boolean {
  return parent?.node.type === 'BlockStatement' || parent?.node.type === 'Program' || parent?.node.type === 'SwitchCase'
}

function change(kind: Change['kind'], node: AnyNode, text: string): Change {
  return { kind, start: node.start, end: node.end, text }
}
