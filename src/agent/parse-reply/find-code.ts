import type { ExecutionLanguage } from '../../contracts/sandbox.ts'
import { extractBlocks, type FencedBlock } from './extract-blocks.ts'

/** A name stands at the beginning; a line can be as long as the reply. */
const NAMED_CHARACTERS = 400

const TAGS: Readonly<Record<string, ExecutionLanguage>> = {
  python: 'python',
  python3: 'python',
  py: 'python',
  javascript: 'javascript',
  js: 'javascript',
  mjs: 'javascript',
  node: 'javascript',
  jsx: 'javascript',
  typescript: 'typescript',
  ts: 'typescript',
  mts: 'typescript',
}

export interface CodeBlock {
  language: ExecutionLanguage | null
  /** The info string without the language. */
  label: string
  /** The line before the block, and the comment in its first line. */
  signs: string[]
  code: string
  closed: boolean
}

/** The blocks of a reply that can be code: with the tag of a language that runs here, or without a tag and not JSON. */
export function findCodeBlocks(reply: string): CodeBlock[] {
  return extractBlocks(reply).flatMap((block) => {
    const language = TAGS[block.language] ?? null
    if (block.content.trim() === '') return []
    if (language === null && !isUntagged(block)) return []
    const code = `${block.content.trimEnd()}\n`
    return [{ language, label: labelOf(block, language), signs: signsOf(block), code, closed: block.closed }]
  })
}

/**
 * The one program of a reply that was asked for code in `language`. Of several blocks of that language the longest is
 * taken: models show fragments before the code and examples of its use after it. A reply that is nothing but code is
 * taken as it is.
 */
export function findProgram(reply: string, language: ExecutionLanguage): CodeBlock | null {
  const blocks = findCodeBlocks(reply)
  const tagged = blocks.filter((block) => block.language !== null && isSameLanguage(block.language, language))
  const pool = tagged.length > 0 ? tagged : blocks.filter((block) => block.language === null)
  return pool.toSorted((a, b) => b.code.length - a.code.length)[0] ?? findBareProgram(reply, language)
}

const BARE_PROGRAM = {
  python: /^(?:def|import|from|class|@\w|"""|#)/,
  javascript: /^(?:export|import|function|const|async|\/\*\*|\/\/)[ *]/,
} as const

function findBareProgram(reply: string, language: ExecutionLanguage): CodeBlock | null {
  const shape = language === 'python' ? BARE_PROGRAM.python : BARE_PROGRAM.javascript
  if (!shape.test(reply) || /^[`~]{3}/m.test(reply)) return null
  return { language, label: '', signs: [], code: `${reply.trimEnd()}\n`, closed: true }
}

function isSameLanguage(a: ExecutionLanguage, b: ExecutionLanguage): boolean {
  return a === b || (a !== 'python' && b !== 'python')
}

function isUntagged(block: FencedBlock): boolean {
  // An info string that is only a name, as in ```s1, is no language either.
  const isName = /^(?:s|step|p|property|t|test)[-_]?\d+$/.test(block.language)
  return (block.language === '' || isName) && !/^\s*[{[]\s*["\n]/.test(block.content)
}

function labelOf({ info, language: word }: FencedBlock, language: ExecutionLanguage | null): string {
  const label = language === null ? info : info.slice(info.toLowerCase().indexOf(word) + word.length)
  return label.slice(0, NAMED_CHARACTERS)
}

function signsOf({ lineBefore, content }: FencedBlock): string[] {
  const firstLine = content.trimStart().split('\n', 1)[0] ?? ''
  const comment = /^(?:#|\/\/)(.*)/.exec(firstLine)?.[1]
  const signs = comment === undefined ? [lineBefore] : [lineBefore, comment]
  return signs.map((sign) => sign.slice(0, NAMED_CHARACTERS))
}
