import type { AnyNode } from 'acorn'
import { lastName, type Place } from './syntax-tree.ts'

/** What a module says rather than computes: its record, messages, progress, names of modules. */
export function isSkipped({ node, parent, key }: Place): boolean {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ThrowStatement':
    case 'ImportExpression':
      return true
    case 'ExpressionStatement':
      return 'directive' in node && node.directive !== undefined
    case 'CallExpression':
    case 'NewExpression':
      return isMessage(node)
    case 'VariableDeclarator':
      return node.id.type === 'Identifier' && node.id.name === 'tool' && isTopLevel(parent)
    default:
      // The step of a `for` loop: changed, the loop seldom ends, which says nothing about the tests.
      return key === 'update' && parent?.node.type === 'ForStatement'
  }
}

/** An error that is made, or a line that is printed. */
export function isMessage(node: AnyNode): boolean {
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return false
  const { callee } = node
  if (/(?:Error|Exception)$/.test(lastName(callee))) return true
  return callee.type === 'MemberExpression' && lastName(callee.object) === 'console'
}

function isTopLevel(declaration: Place | null): boolean {
  const around = declaration?.parent?.node.type
  return around === 'Program' || around === 'ExportNamedDeclaration'
}
