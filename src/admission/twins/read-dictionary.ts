/** Values that stand in code: where a tool treats one specially, only that one shows it. */
export interface Dictionary {
  numbers: number[]
  texts: string[]
}

/** More would leave no room for other inputs. */
const MOST_NUMBERS = 60
const MOST_TEXTS = 16
const LONGEST_TEXT = 40

/**
 * The numbers and short texts of some pieces of code, each number with its neighbours, as a fuzzer's dictionary. Read from the
 * text, without regard to what they are there for: a word of an error message does no harm.
 */
export function readDictionary(codes: readonly string[]): Dictionary {
  const all = codes.join('\n')
  const matches = all.matchAll(/(?<![\w.$])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])/gi)
  const found = [...matches].map((match) => Number(match[0])).filter((number) => Number.isFinite(number))
  // The numbers themselves first: a long table of them leaves no room for all neighbours.
  const numbers = [0, 1, -1].flatMap((step) => found.map((number) => number + step))
  const quoted = [...all.matchAll(/(["'])((?:(?!\1)[^\\\n])*)\1/g)].map((match) => match[2] ?? '')
  const texts = quoted.filter((text) => text !== '' && text.length <= LONGEST_TEXT && !text.includes('{'))
  return { numbers: [...new Set(numbers)].slice(0, MOST_NUMBERS), texts: [...new Set(texts)].slice(0, MOST_TEXTS) }
}
