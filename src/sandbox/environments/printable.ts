/** What others wrote, for one line of a message: no control or direction characters, no credentials, bounded. */
export function printable(text: string, mostCharacters = 2000): string {
  const clean = text
    // Cc controls, Cf invisible formatting and direction marks, Zl and Zp line breaks of Unicode.
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .replace(/(\w:\/\/)[^\s/]*@/g, '$1')
    .trim()
  return clean.length > mostCharacters ? `${clean.slice(0, mostCharacters)}…` : clean
}
