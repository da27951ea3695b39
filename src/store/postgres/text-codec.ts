/**
 * PostgreSQL's text cannot hold the zero character. It is written as two characters, of which the first is one that
 * Unicode keeps for such uses (a noncharacter, chapter 23.7); that one itself is written as two as well.
 */
const ESCAPE = '\ufdd0'
const ZERO = `${ESCAPE}0`
const ESCAPED_ESCAPE = `${ESCAPE}1`

export function encodeText(text: string): string {
  if (!text.includes('\0') && !text.includes(ESCAPE)) return text
  return text.replaceAll(ESCAPE, ESCAPED_ESCAPE).replaceAll('\0', ZERO)
}

export function decodeText(text: string): string {
  if (!text.includes(ESCAPE)) return text
  return text.replaceAll(ZERO, '\0').replaceAll(ESCAPED_ESCAPE, ESCAPE)
}
