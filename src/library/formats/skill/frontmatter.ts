import { Lexer, parseDocument, stringify } from 'yaml'
import { z } from 'zod'
import { describeIssues } from '../tool-record.ts'

/** A name, a description of 1,024 characters, and room for what else people put there. */
const MAXIMUM_BYTES = 16 * 1024

/** The parser takes a time that grows fast with the depth: 30,000 nested keys took eight minutes. */
const MAXIMUM_NESTING = 16

const frontmatterSchema = z.looseObject({
  name: z.string().min(1).max(200),
  description: z.string().trim().min(1).max(4096),
  license: z.string().max(1000).optional().catch(undefined),
})

export interface Frontmatter {
  name: string
  description: string
  license?: string
}

export interface SkillPage {
  frontmatter: Frontmatter | null
  /** Why there is no frontmatter. */
  problem: string | null
  body: string
}

/** The head and the body of a `SKILL.md`. The head is plain data: no tags, no aliases, no keys that are lists. */
export function parseSkillPage(text: string): SkillPage {
  const match = /^---[ \t]*\n([\s\S]*?\n|)---[ \t]*(?:\n|$)/.exec(text)
  if (match === null) return { frontmatter: null, problem: 'SKILL.md does not begin with a frontmatter.', body: text }
  const body = text.slice(match[0].length)
  const read = parseFrontmatter(match[1] ?? '')
  return 'problem' in read ? { frontmatter: null, problem: read.problem, body } : { ...read, problem: null, body }
}

function parseFrontmatter(text: string): { frontmatter: Frontmatter } | { problem: string } {
  if (Buffer.byteLength(text) > MAXIMUM_BYTES) return wrong(`it is longer than ${MAXIMUM_BYTES / 1024} KiB`)
  if (isNestedDeeply(text)) return wrong('it is not plain: lists and records are nested too deeply')
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    merge: false,
    logLevel: 'silent',
    prettyErrors: false,
  })
  const error = document.errors[0] ?? document.warnings[0]
  if (error !== undefined) return wrong(`it is not plain YAML: ${error.message.split('\n')[0] ?? ''}`)
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: 0 })
  } catch (error) {
    if (error instanceof ReferenceError) return wrong('it has aliases')
    throw error
  }
  const read = frontmatterSchema.safeParse(value)
  if (!read.success) return wrong(describeIssues(read.error))
  const { name, description, license } = read.data
  return { frontmatter: { name, description, ...(license === undefined ? {} : { license }) } }
}

/** Told from the tokens, before anything is put together of them. */
function isNestedDeeply(text: string): boolean {
  let flow = 0
  let items = 0
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') flow += 1
    else if (token === ']' || token === '}') flow -= 1
    else if (token === '?') return true
    else if (token === '-') items += 1
    else if (token.startsWith('\n')) items = 0
    if (flow > MAXIMUM_NESTING || items > MAXIMUM_NESTING) return true
  }
  return false
}

function wrong(reason: string): { problem: string } {
  return { problem: `The frontmatter of SKILL.md cannot be read: ${reason}.` }
}

/** Lines are not folded: simple readers take them one by one. */
export function renderFrontmatter(fields: Record<string, string | Record<string, string>>): string {
  return `---\n${stringify(fields, { lineWidth: 0, defaultStringType: 'PLAIN', version: '1.2' })}---\n`
}
