/**
 * Characters that a person does not see, or that make other characters appear elsewhere: controls but tab and line feed,
 * what steers the direction of writing, zero-width characters, and tags, which render as nothing but are read by models.
 */
const HIDDEN =
  // oxlint-disable-next-line no-control-regex -- these are the characters to find
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]|[\u{E0000}-\u{E007F}]|\p{Surrogate}/gu

/** Those by which code can be shown in another order than it is executed in (CVE-2021-42574). */
const REORDERING = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/

/** Enough to look at. */
const MAXIMUM_LINES = 5

/** The text with hidden characters written out as `\u{202e}`: safe for a terminal, and seen by who reads it. */
export function showHidden(text: string): string {
  return text.replaceAll(HIDDEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}

/** For paths and names, which stand in one line: line feeds and tabs are written out too. */
export function showInLine(text: string): string {
  return showHidden(text)
    .replaceAll('\n', String.raw`\u{a}`)
    .replaceAll('\t', String.raw`\u{9}`)
}

/** With LF line ends. */
export function removeHidden(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n').replaceAll(HIDDEN, '')
}

/** Without hidden characters, and in one line. */
export function toOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(HIDDEN, '').trim()
}

/** Sentences on hidden characters in code, with their lines. */
export function describeHidden(code: string): { problems: string[]; notes: string[] } {
  const found = code.split('\n').flatMap((line, index) => {
    const characters = line.match(HIDDEN)
    return characters === null ? [] : [{ number: index + 1, characters: [...new Set(characters)] }]
  })
  const reordering = found.filter(({ characters }) => characters.some((character) => REORDERING.test(character)))
  const others = found.filter((line) => !reordering.includes(line))
  return {
    problems: reordering
      .slice(0, MAXIMUM_LINES)
      .map(({ number, characters }) => `Line ${number} can look other than it is executed: ${list(characters)}.`),
    notes: others
      .slice(0, MAXIMUM_LINES)
      .map(({ number, characters }) => `Line ${number} holds characters that are not seen: ${list(characters)}.`),
  }
}

function list(characters: string[]): string {
  return characters.map(showHidden).join(', ')
}
