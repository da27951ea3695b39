/**
 * The text, or its head and tail with a line between them that says how much was left out. `maxCharacters` counts what
 * is kept; a surrogate pair is never split.
 */
export function cutMiddle(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text
  const head = text.slice(0, endOfCharacter(text, Math.ceil(maxCharacters * 0.6)))
  const tail = text.slice(endOfCharacter(text, text.length - Math.floor(maxCharacters * 0.4)))
  return `${head}\n… ${text.length - head.length - tail.length} characters left out …\n${tail}`
}

/** The text, or its beginning with an ellipsis. */
export function cutEnd(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : `${text.slice(0, endOfCharacter(text, maxCharacters))}…`
}

function endOfCharacter(text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code >= 0xdc00 && code <= 0xdfff ? at + 1 : at
}
