/** The ids of steps that need each other in a circle, the first one repeated at the end; null where there is none. */
export function findCycle(steps: readonly { id: string; needs: readonly string[] }[]): string[] | null {
  const needs = new Map(steps.map((step) => [step.id, step.needs]))
  const done = new Set<string>()
  const visit = (id: string, path: string[]): string[] | null => {
    if (done.has(id)) return null
    const start = path.indexOf(id)
    if (start !== -1) return [...path.slice(start), id]
    for (const need of needs.get(id) ?? []) {
      const cycle = visit(need, [...path, id])
      if (cycle !== null) return cycle
    }
    done.add(id)
    return null
  }
  for (const { id } of steps) {
    const cycle = visit(id, [])
    if (cycle !== null) return cycle
  }
  return null
}
