import type { ToolLanguage } from '../../contracts/sandbox.ts'

/** What a program that imports a tool of this name would lose: built-in functions, and modules that everybody imports. */
const TAKEN: Readonly<Record<ToolLanguage, ReadonlySet<string>>> = {
  python: new Set(
    (
      'abs all any bin bool bytes chr dict dir divmod enumerate eval exec filter float format hash hex id input int isinstance ' +
      'iter len list map max min next object oct open ord pow print property range repr reversed round set slice sorted str ' +
      'sum super tuple type vars zip host tools result json math statistics random re csv io os sys time datetime calendar ' +
      'collections itertools functools decimal fractions string numpy pandas scipy matplotlib'
    ).split(' '),
  ),
  javascript: new Set('host tools result eval fetch escape'.split(' ')),
}

export function isTakenByLanguage(name: string, language: ToolLanguage): boolean {
  return TAKEN[language].has(name)
}
