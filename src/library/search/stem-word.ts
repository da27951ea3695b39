import { stemmer } from 'stemmer'

const ENGLISH = /^[a-z]+$/

/**
 * The stem of a word as `splitWords` gives it. English by Porter (1980); words with other letters or digits stay as they
 * are. British and American spelling, and `analysis`, `analyse`, `analyze` fall together.
 */
export function stemWord(word: string): string {
  if (word.length < 3 || !ENGLISH.test(word)) return word
  return stemmer(
    word
      .replace(/(?<=[dglmnrt])is(e|ed|es|er|ers|ing|ation|ations)$/, 'iz$1')
      .replace(/(?<=.{2})our(?=$|s$|ed$|ing$|ful$|able$|ite$|ites$|hood)/, 'or')
      .replace(/(?<=.{2})ly[sz](?:e|ed|es|er|ers|ing|is)$/, 'lyz'),
  )
}
