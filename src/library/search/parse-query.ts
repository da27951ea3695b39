import { splitWords } from './split-words.ts'
import { stemWord } from './stem-word.ts'
import { isStopWord } from './stop-words.ts'

export interface QueryWord {
  word: string
  stem: string
  /** How much it says of the tool that is wanted, beside its rarity: 1 for an ordinary word. */
  weight: number
  /** Written with a capital within a sentence: a value that the tool will be given, not a slip of the pen. */
  isName: boolean
}

/** A literal number is a value for the tool; that a description has the same one in an example is mostly chance. */
const NUMBER_WEIGHT = 0.2

/** Of a longer text the beginning and the end are searched: what is asked stands before or after pasted data. */
const MAX_PART_CHARACTERS = 8000

/** The words of a request that can tell tools apart, in order, with repetitions. Empty for a text without such words. */
export function parseQuery(text: string): QueryWord[] {
  const bounded =
    text.length <= 2 * MAX_PART_CHARACTERS
      ? text
      : `${text.slice(0, MAX_PART_CHARACTERS)} ${text.slice(-MAX_PART_CHARACTERS)}`
  const names = new Set(splitWords((bounded.match(/(?<=[\p{L}\p{N},;:]\s)\p{Lu}\p{L}+/gu) ?? []).join(' ')))
  return splitWords(bounded)
    .filter((word) => !isStopWord(word))
    .map((word) => {
      const weight = /^\p{N}+$/u.test(word) ? NUMBER_WEIGHT : 1
      return { word, stem: stemWord(word), weight, isName: names.has(word) }
    })
}
