export const COMPARISONS: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '==': '!=',
  '!=': '==',
}

/** Their opposite is the negated condition. */
export const TWO_WAY = new Set(['===', '!==', '==', '!='])

export const ARITHMETIC: Readonly<Record<string, string>> = {
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '**': '*',
  '&': '|',
  '|': '&',
  '<<': '>>',
  '>>': '<<',
}

export const LOGIC: Readonly<Record<string, string>> = { '&&': '||', '||': '&&', '??': '&&' }

const COUNTERPARTS = [
  ['min', 'max'],
  ['floor', 'ceil'],
  ['some', 'every'],
  ['startsWith', 'endsWith'],
  ['toUpperCase', 'toLowerCase'],
  ['indexOf', 'lastIndexOf'],
  ['shift', 'pop'],
] as const

export const CALLS: Readonly<Record<string, string>> = Object.fromEntries(
  COUNTERPARTS.flatMap(([one, other]) => [
    [one, other],
    [other, one],
  ]),
)

/** Methods that take the beginning and the end of a part. */
export const SLICES = new Set(['slice', 'substring', 'subarray'])

/** A tolerance so small that whatever is nearer to zero does the same. */
const TINY = 1e-6

/** One more, one less, zero, negated; each once, none of them the number itself. */
export function otherNumbers(number: number): number[] {
  const wanted = number !== 0 && Math.abs(number) < TINY ? [number + 1, 0] : [number + 1, number - 1, 0, -number]
  return [...new Set(wanted.map((other) => other + 0))].filter((other) => other !== number && Number.isFinite(other))
}
