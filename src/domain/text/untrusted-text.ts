/**
 * Text from files and programs is shown to the model as data. It may try to pass for instructions, to close its own
 * fence, or to hide from the person who reads the prompt. This fence keeps such text recognisable; it does not make a
 * model immune to it: what holds is that code runs in the sandbox and values are checked on the host.
 */

// Control characters but tab and line feed, what steers the direction of writing, zero-width characters, and tags, which
// render as nothing but are read by models.
const HIDDEN =
  // oxlint-disable-next-line no-control-regex -- these are the characters to remove
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]|[\u{E0000}-\u{E007F}]/gu

/** A terminal's colour and cursor sequences go as a whole: without the escape character their rest would be noise. */
// oxlint-disable-next-line no-control-regex -- ESC is what the sequence begins with
const TERMINAL_SEQUENCE = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?)/g

/** Removes what a person would not see, and lone surrogates, which no encoder takes. */
export function stripHidden(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n').replaceAll(TERMINAL_SEQUENCE, '').replaceAll(HIDDEN, '').toWellFormed()
}

/** `text` between tags that say that it is data and where it comes from. Text that looks like the tags is defused. */
export function fenceUntrusted(source: string, text: string): string {
  const name = stripHidden(source).replaceAll(/[\s"<>&]+/g, ' ')
  const body = stripHidden(text).replaceAll(/<(\s*\/?\s*data\b)/gi, '‹$1')
  return `<data from="${name}">\n${body}\n</data>`
}

/** One line of untrusted text, such as a file's or column's name, quoted. */
export function quoteUntrusted(text: string): string {
  return JSON.stringify(stripHidden(text).replaceAll('<', '‹'))
}
