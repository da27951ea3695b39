import type { ToolLanguage } from '../../contracts/sandbox.ts'
import { packageOfModule, popularPackages } from './popular-packages.ts'

// Names of three or four letters are all one letter away from another.
const LEAST_CHARACTERS = 5

/**
 * The well-known package that a name may be mistaken for, or null: one slip of the fingers away, the same but for
 * separators, look-alike digits or a `python-`, `-js` and the like, or the name of a module instead of its package.
 * `known` are further names that count as well-known, such as those that a policy allows.
 */
export function resemblingPackage(name: string, language: ToolLanguage, known: string[] = []): string | null {
  const popular = [...known, ...popularPackages(language)]
  if (popular.includes(name)) return null
  const byModule = packageOfModule(name, language)
  if (byModule !== null) return byModule
  const skeleton = skeletonOf(name)
  return popular.find((one) => skeletonOf(one) === skeleton || isOneSlipAway(name, one)) ?? null
}

function skeletonOf(name: string): string {
  const bare = name.replace(/^(?:python|py|node)[-_.]?(?=...)|[-_.]?(?:python|py|js|node)$/g, '')
  return (bare === '' ? name : bare).replace(/[-_.]/g, '').replaceAll('0', 'o').replace(/[1i]/g, 'l')
}

/** One letter more, less or other, or two neighbours exchanged. */
function isOneSlipAway(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a]
  if (short.length < LEAST_CHARACTERS || long.length - short.length > 1 || a === b) return false
  let start = 0
  while (start < short.length && short[start] === long[start]) start++
  const rest = (text: string, skipped: number): string => text.slice(start + skipped)
  if (long.length > short.length) return rest(long, 1) === rest(short, 0)
  const swapped = short[start] === long[start + 1] && short[start + 1] === long[start]
  return rest(short, 1) === rest(long, 1) || (swapped && rest(short, 2) === rest(long, 2))
}
