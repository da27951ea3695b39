import { stemWord } from './stem-word.ts'

/**
 * Words that any collection of tools is full of, by the share of tools that have them. A small library cannot know that
 * `get` or `date` tell nothing: it takes the rest of what it does not know from here. Shares as counted over the
 * descriptions and parameters of the 4,076 tools of Seal-Tools, rounded; words of one subject are left out.
 */
const WORDS_BY_SHARE: [share: number, words: string][] = [
  [0.5, 'get retrieve'],
  [0.25, 'specific specified name information id'],
  [0.12, 'location type indicates unique identifier success number status time'],
  [0.08, 'whether new data year country desired'],
  [
    0.05,
    'level date given current unit info calculate city state provide detail rate perform analyze check system create find',
  ],
  [
    0.03,
    `description product period target title result require available message base total duration list address start user
    process text file generate amount size area end score value per relate search show make return update content range
    day month minute need format output input return compute determine set add object item string parameter function
    method perform code`,
  ],
]

const SHARES = new Map(
  WORDS_BY_SHARE.toReversed().flatMap(([share, words]) => words.split(/\s+/).map((word) => [stemWord(word), share])),
)

/** The share of tools, anywhere, that have the stem; 0 for a stem that is not known to be common. */
export function commonShare(stem: string): number {
  return SHARES.get(stem) ?? 0
}
