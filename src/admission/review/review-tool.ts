import type { ToolLanguage, ToolModule } from '../../contracts/sandbox.ts'
import { cutEnd } from '../../domain/text/cut-middle.ts'
import { joinAssets } from '../../util/join-assets.ts'
import type { FindJson } from '../subject.ts'
import { showHidden } from './hidden-characters.ts'
import { parseReview, type ReviewOutcome } from './parse-review.ts'

/** A reply that cannot be read is asked for once more. */
const ATTEMPTS = 2

/** Of all imported tools together. A signature and its docstring stand first and fit. */
const IMPORTED_CHARACTERS = 12_000

export interface ReviewPrompt {
  instructions: string
  content: string
}

/** The reviewer's prompt: specification and code, and nothing of how the code came about. */
export async function renderReviewPrompt(subject: {
  /** As text, the way the testers are shown it. */
  specification: string
  code: string
  language: ToolLanguage
  /** The tools that its code imports. Default: none. */
  imported?: readonly Pick<ToolModule, 'name' | 'code'>[]
}): Promise<ReviewPrompt> {
  const [instructions, template] = await Promise.all(
    ['review-tool.md', 'review-tool-request.md'].map((name) => joinAssets([`admission/prompts/${name}`])),
  )
  const { specification, code, language, imported = [] } = subject
  const values: Record<string, string> = {
    SPECIFICATION: specification,
    CODE: fence(showHidden(code), language),
    LANGUAGE: language === 'python' ? 'Python' : 'JavaScript',
    IMPORTED: renderImported(imported, language),
  }
  const content = template?.replaceAll(/\{\{([A-Z]+)\}\}/g, (placeholder, name: string) => values[name] ?? placeholder)
  return { instructions: (instructions ?? '').trim(), content: (content ?? '').trim() }
}

/**
 * Has a tool reviewed by a model that sees its specification and its code. Rejects with what `ask` rejects with.
 */
export async function reviewTool({
  ask,
  findJson,
  ...subject
}: {
  specification: string
  code: string
  language: ToolLanguage
  imported?: readonly Pick<ToolModule, 'name' | 'code'>[]
  /** One call of a model, without memory of the calls before it. */
  ask(prompt: ReviewPrompt): Promise<string>
  findJson: FindJson
}): Promise<ReviewOutcome> {
  const prompt = await renderReviewPrompt(subject)
  let problem = ''
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const again =
      problem === '' ? '' : `\n\n# Your last reply could not be used\n\n${problem}\n\nReply once more, in full.`
    const reply = await ask({ ...prompt, content: prompt.content + again })
    const parsed = parseReview(reply, findJson)
    if ('value' in parsed) return parsed.value
    problem = parsed.problem
  }
  return { verdict: 'none', problem }
}

/** Without the code that it calls nobody can tell what a tool gives. */
function renderImported(imported: readonly Pick<ToolModule, 'name' | 'code'>[], language: ToolLanguage): string {
  if (imported.length === 0) return ''
  const share = Math.floor(IMPORTED_CHARACTERS / imported.length)
  const parts = imported.map(({ name, code }) => `\`${name}\`:\n\n${fence(cutEnd(showHidden(code), share), language)}`)
  return ['# Tools of the library that it imports, kept and tested earlier', ...parts].join('\n\n')
}

/** The fence is longer than any run of backticks in the code: code cannot end it. */
function fence(code: string, language: ToolLanguage): string {
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map((match) => match[0].length))
  const marks = '`'.repeat(longest + 1)
  return `${marks}${language}\n${code.trimEnd()}\n${marks}`
}
