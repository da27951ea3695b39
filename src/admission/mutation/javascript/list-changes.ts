import type { Program } from 'acorn'
import { changeExpression } from './change-expression.ts'
import { changeStatement } from './change-statement.ts'
import { isSkipped } from './skipped.ts'
import { walk, type Change } from './syntax-tree.ts'

/** All small changes that can be made to an ES module, in the order of its text. `line` counts from 1. */
export function listChanges(program: Program, code: string): (Change & { line: number })[] {
  const changes: (Change & { line: number })[] = []
  walk(program, (place) => {
    const line = place.node.loc?.start.line ?? 0
    const found = changeStatement(place, code)
    const skipped = isSkipped(place)
    if (!skipped) found.push(...changeExpression(place, code))
    changes.push(...found.map((change) => ({ ...change, line })))
    return !skipped
  })
  return changes
}
