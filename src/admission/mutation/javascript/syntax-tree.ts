import { parse, type AnyNode, type Program } from 'acorn'
import type { MutationKind } from '../mutant.ts'

/** A change to the text of the code: `text` instead of what stands from `start` to `end`. */
export interface Change {
  kind: MutationKind
  start: number
  end: number
  text: string
}

/** A node with what it stands in. */
export interface Place {
  node: AnyNode
  /** Null for the program. */
  parent: Place | null
  /** The property of the parent's node that holds it. */
  key: string
}

export function parseProgram(code: string): { program: Program } | { problem: string } {
  try {
    return { program: parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true }) }
  } catch (error) {
    if (error instanceof RangeError) return { problem: 'The code is nested too deeply.' }
    if (error instanceof SyntaxError) return { problem: `SyntaxError: ${error.message}` }
    throw error
  }
}

/** Visits all nodes, outer ones and earlier ones first; `enter` says whether to go on into one. Does not recurse. */
export function walk(program: Program, enter: (place: Place) => boolean): void {
  const open: Place[] = [{ node: program, parent: null, key: '' }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (enter(next)) open.push(...childrenOf(next).toReversed())
  }
}

function childrenOf(parent: Place): Place[] {
  return Object.entries(parent.node).flatMap(([key, value]: [string, unknown]) =>
    (Array.isArray(value) ? value : [value]).filter(isNode).map((node) => ({ node, parent, key })),
  )
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}

/** The last part of a name: `floor` of `Math.floor`. Empty where it is computed. */
export function lastName(node: AnyNode): string {
  if (node.type === 'Identifier') return node.name
  if (node.type !== 'MemberExpression' || node.computed || node.property.type !== 'Identifier') return ''
  return node.property.name
}

/** The nearest place around `place`, itself aside, for which `accepts` holds. */
export function findAround(place: Place, accepts: (node: AnyNode) => boolean): Place | null {
  for (let around = place.parent; around !== null; around = around.parent) if (accepts(around.node)) return around
  return null
}

/** The number that a literal stands for, its sign included; null for anything else. */
export function numberOf(node: AnyNode): number | null {
  if (node.type === 'UnaryExpression' && node.operator === '-') {
    const inner = node.argument.type === 'Literal' ? numberOf(node.argument) : null
    return inner === null ? null : -inner
  }
  return node.type === 'Literal' && typeof node.value === 'number' ? node.value : null
}
