import type { AnyNode } from 'acorn'
import { TWO_WAY } from './operator-tables.ts'
import { numberOf } from './syntax-tree.ts'

/** True for `if (a > b) b = a` and `a > b ? a : b`: with `>=` they do the same. */
export function keepsTheLarger(node: AnyNode, code: string): boolean {
  const text = (part: AnyNode): string => code.slice(part.start, part.end)
  if (node.type !== 'IfStatement' && node.type !== 'ConditionalExpression') return false
  const { test } = node
  if (test.type !== 'BinaryExpression' || TWO_WAY.has(test.operator) || numberOf(test.right) !== null) return false
  const compared = [text(test.left), text(test.right)].sort()
  const chosen = chosenBy(node)
  if (chosen === null) return false
  return compared.join('\n') === chosen.map(text).sort().join('\n')
}

function chosenBy(node: AnyNode): [AnyNode, AnyNode] | null {
  if (node.type === 'ConditionalExpression') return [node.consequent, node.alternate]
  if (node.type !== 'IfStatement' || node.alternate) return null
  const block = node.consequent
  const only = block.type === 'BlockStatement' && block.body.length === 1 ? block.body[0] : block
  if (only?.type !== 'ExpressionStatement' || only.expression.type !== 'AssignmentExpression') return null
  return only.expression.operator === '=' ? [only.expression.left, only.expression.right] : null
}
