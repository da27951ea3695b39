import type { Library } from '../../contracts/library.ts'
import { toSnakeCase } from '../../library/resolve-imports.ts'

/** The tools that code imports, as saving it would pin them. What is not there is left to saving, which says so. */
export async function resolvePins(
  library: Pick<Library, 'find'>,
  uses: readonly string[],
): Promise<{ name: string; version: number }[]> {
  const found = await Promise.all(
    uses.map(async (used) => (await library.find(used)) ?? library.find(toSnakeCase(used))),
  )
  return found.flatMap((tool) => (tool === null ? [] : [{ name: tool.name, version: tool.version }]))
}
