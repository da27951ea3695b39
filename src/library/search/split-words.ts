/**
 * Scripts that are written without spaces between words: they are searched by pairs of letters.
 * (Unicode scripts; Hangul is spaced, but its particles stick to words, so pairs find more.)
 */
const UNSPACED = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー`

const WORD = new RegExp(String.raw`[${UNSPACED}]+|(?:(?![${UNSPACED}])[\p{L}\p{N}\p{M}])+`, 'gu')
const UNSPACED_WORD = new RegExp(`^[${UNSPACED}]`, 'u')

/** Marks that Latin, Greek and Cyrillic letters carry; marks of other scripts are vowels and stay. */
const ACCENTS = /[\u0300-\u036f]/g

/** Letters that decomposition leaves whole. */
const FOLDED: Record<string, string> = { đ: 'd', ø: 'o', ł: 'l', ß: 'ss', æ: 'ae', œ: 'oe', ı: 'i', ð: 'd', þ: 'th' }
const FOLDED_LETTERS = /[đøłßæœıðþ]/g

/** Longer ones are data, not words. */
const MAX_WORD_LENGTH = 64

/**
 * The words of prose or of identifiers, in order: lower case, without accents; `camelCase`, `snake_case` and `HTTPServer2`
 * come apart; text without spaces comes as overlapping pairs of letters.
 */
export function splitWords(text: string): string[] {
  const separated = text
    .normalize('NFKC')
    // The possessive is no word of its own.
    .replaceAll(/(?<=\p{L})['’]s\b/gu, '')
    .replaceAll(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu, ' ')
  return foldLetters(separated).match(WORD)?.flatMap(splitUnspaced) ?? []
}

function foldLetters(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFD')
    .replaceAll(ACCENTS, '')
    .normalize('NFC')
    .replaceAll(FOLDED_LETTERS, (letter) => FOLDED[letter] ?? letter)
}

function splitUnspaced(word: string): string[] {
  if (!UNSPACED_WORD.test(word)) return word.length > MAX_WORD_LENGTH ? [] : [word]
  const letters = [...word]
  if (letters.length === 1) return letters
  return letters.slice(1).map((letter, index) => `${letters[index]}${letter}`)
}
