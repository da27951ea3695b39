import { removeHidden } from '../hidden-characters.ts'

/**
 * Text of a tool as a part of a Markdown page. What would end the part or begin another (a heading, a rule, a fence, a
 * comment) is defused with a backslash, which `unescapeMarkdown` takes away again; what nobody sees is left out.
 */
export function escapeMarkdown(text: string): string {
  return removeHidden(text)
    .split('\n')
    .map((line) => line.replace(/^(\s*)(#|-{3,}|={3,}|`{3,}|~{3,}|<|\\)/, '$1\\$2'))
    .join('\n')
}

export function unescapeMarkdown(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(/^(\s*)\\(?=[#\-=`~<\\])/, '$1'))
    .join('\n')
}
