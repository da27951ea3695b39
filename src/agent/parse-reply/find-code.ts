import type { ExecutionLanguage } from '../../contracts/sandbox.ts'
import { extractBlocks, type FencedBlock } from './extract-blocks.ts'

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
  /** Words that may name the block: its info string, the line before it and a comment in its first line. */
  names: string
  code: string
  closed: boolean
}

/** The blocks of a reply that can be code: with the tag of a language that runs here, or without a tag and not JSON. */
export function findCodeBlocks(reply: string): CodeBlock[] {
  return extractBlocks(reply).flatMap((block) => {
    const language = TAGS[block.language] ?? null
    if (block.content.trim() === '') return []
    if (language === null && !isUntagged(block)) return []
    return [{ language, names: namesOf(block, language), code: `${block.content.trimEnd()}\n`, closed: block.closed }]
  })
}

/** The code of the block that is named `id`, such as a step: the last such block, as a model may send a better one later. */
export function findNamedCode(blocks: CodeBlock[], id: string): CodeBlock | null {
  const name = new RegExp(`(?<![\\w.-])${id.replaceAll(/\W/g, String.raw`\$&`)}(?![\\w-])`, 'i')
  return blocks.findLast((block) => name.test(block.names)) ?? null
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
  return { language, names: '', code: `${reply.trimEnd()}\n`, closed: true }
}

function isSameLanguage(a: ExecutionLanguage, b: ExecutionLanguage): boolean {
  return a === b || (a !== 'python' && b !== 'python')
}

function isUntagged(block: FencedBlock): boolean {
  // An info string that is only a name, as in ```s1, is no language either.
  return (
    (block.language === '' || /^(?:s|step)[-_]?\d+$/.test(block.language)) && !/^\s*[{[]\s*["\n]/.test(block.content)
  )
}

function namesOf(block: FencedBlock, language: ExecutionLanguage | null): string {
  const info = language === null ? `${block.language} ${block.label}` : block.label
  const firstLine = block.content.trimStart().split('\n', 1)[0] ?? ''
  return [info, block.lineBefore, /^(?:#|\/\/)/.test(firstLine) ? firstLine : ''].join('\n')
}
