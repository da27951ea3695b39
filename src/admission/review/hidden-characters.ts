/**
 * Characters that a reader of code does not see: they turn the direction of writing round, have no width, or are read by
 * models alone (Boucher and Anderson, "Trojan Source", 2021). A byte order mark at the very beginning is none of them.
 */
const HIDDEN =
  /[\u00AD\u061C\u115F\u1160\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\uFFF9-\uFFFB]|[\u{E0000}-\u{E007F}]/u

/** Invisible too, but at home in Persian text and in emoji: shown to the reviewer, who sees where they stand. */
const JOINERS = /[\u200C\u200D]|\u034F/u

// oxlint-disable-next-line no-control-regex -- these are the characters to show
const CONTROL = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/

/** The first of them with its line, from 1, and its name as `U+202E`; null where there is none. */
export function findHidden(code: string): { line: number; name: string } | null {
  const text = code.replace(/^\uFEFF/, '')
  const match = HIDDEN.exec(text)
  if (match === null) return null
  return { line: text.slice(0, match.index).split('\n').length, name: nameOf(match[0]) }
}

/** The code with such characters, and control characters, written out as `⟨U+202E⟩`. */
export function showHidden(code: string): string {
  const everywhere = new RegExp([HIDDEN, JOINERS, CONTROL].map((part) => part.source).join('|'), 'gu')
  return code.replaceAll('\r\n', '\n').replaceAll(everywhere, (character) => `⟨${nameOf(character)}⟩`)
}

function nameOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
