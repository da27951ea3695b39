import type { ToolLanguage } from '../../contracts/sandbox.ts'

/**
 * True where two modules differ in comments, white space and line breaks only. Strings are compared to the letter, docstrings
 * among them. In doubt false: code that counts as changed is run.
 */
export function isSameProgram(first: string, second: string, language: ToolLanguage): boolean {
  if (first === second) return true
  return tokensOf(first, language).join('\u0000') === tokensOf(second, language).join('\u0000')
}

const COMMENT: Readonly<Record<ToolLanguage, RegExp>> = {
  python: /#[^\n]*/y,
  javascript: /\/\/[^\n]*|\/\*[\s\S]*?\*\//y,
}
const STRING: Readonly<Record<ToolLanguage, RegExp>> = {
  python: /"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'/y,
  javascript: /`(?:[^`\\]|\\[\s\S])*`|"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'/y,
}
const WORD = /[\p{L}\p{N}_$.]+/uy
const SPACE = /[^\S\n]+|\\\r?\n/y

/** The code without comments and white space; where lines and their indentation count, with marks for these. */
function tokensOf(code: string, language: ToolLanguage): string[] {
  const tokens: string[] = []
  const indents = [0]
  const text = code.replaceAll(/\r\n?/g, '\n')
  let depth = 0
  let at = 0
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0] ?? null
    if (found !== null) at += found.length
    return found
  }
  while (at < text.length) {
    if (take(COMMENT[language]) !== null || take(SPACE) !== null) continue
    const whole = take(STRING[language]) ?? take(WORD)
    if (whole !== null) {
      tokens.push(whole)
      continue
    }
    const character = text[at] ?? ''
    at += 1
    if (character !== '\n') {
      if ('([{'.includes(character)) depth += 1
      if (')]}'.includes(character)) depth -= 1
      tokens.push(character)
    } else if (language === 'python' && depth <= 0) {
      endLine(tokens, indents, indentAt(text, at))
    }
  }
  if (tokens.at(-1) === LINE_END) tokens.pop()
  return tokens
}

const LINE_END = '\n'

/** The indentation of the line that begins at `at`; null where nothing but white space or a comment stands in it. */
function indentAt(text: string, at: number): number | null {
  const [, blank = '', next = ''] = /^([ \t]*)([^\n]?)/.exec(text.slice(at, at + 400)) ?? []
  return next === '' || next === '#' ? null : blank.replaceAll('\t', '        ').length
}

/** Deeper and less deep are told by how many levels, not by how many characters. */
function endLine(tokens: string[], indents: number[], indent: number | null): void {
  if (tokens.length > 0 && tokens.at(-1) !== LINE_END && !/^[<>]\n$/.test(tokens.at(-1) ?? '')) tokens.push(LINE_END)
  if (indent === null) return
  if (indent > (indents.at(-1) ?? 0)) {
    indents.push(indent)
    tokens.push('>\n')
  }
  while (indent < (indents.at(-1) ?? 0)) {
    indents.pop()
    tokens.push('<\n')
  }
}
