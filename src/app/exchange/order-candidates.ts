import { toSnakeCase } from '../../library/resolve-imports.ts'

export interface Ordered<Item> {
  /** Each after those that it imports. */
  items: Item[]
  /** Items that import themselves, directly or through others, with the names on the way. */
  cycles: { item: Item; path: string[] }[]
}

/** Puts tools behind what they import. `uses` are names as the code has them: in JavaScript perhaps in camelCase. */
export function orderByImports<Item extends { name: string; uses: readonly string[] }>(
  items: readonly Item[],
): Ordered<Item> {
  const byName = new Map(items.map((item) => [item.name, item]))
  const done = new Set<Item>()
  const ordered: Item[] = []
  const cycles: Ordered<Item>['cycles'] = []
  const inCycle = new Set<Item>()
  const visit = (item: Item, path: Item[]): void => {
    const start = path.indexOf(item)
    if (start !== -1) {
      const round = path.slice(start)
      for (const one of round) {
        if (inCycle.has(one)) continue
        inCycle.add(one)
        cycles.push({ item: one, path: [...round, item].map(({ name }) => name) })
      }
      return
    }
    if (done.has(item)) return
    for (const used of item.uses) {
      const imported = byName.get(used) ?? byName.get(toSnakeCase(used))
      if (imported !== undefined) visit(imported, [...path, item])
    }
    done.add(item)
    if (!inCycle.has(item)) ordered.push(item)
  }
  for (const item of items) visit(item, [])
  return { items: ordered, cycles }
}
