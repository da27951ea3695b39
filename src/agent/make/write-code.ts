import type { Difficulty, Message, RoutedReply } from '../../contracts/models.ts'
import type { ToolSpecification } from '../../contracts/run.ts'
import type { ToolLanguage } from '../../contracts/sandbox.ts'
import type { ToolVersion } from '../../contracts/tool.ts'
import { findProgram } from '../parse-reply/find-code.ts'
import { askModel, type ParsedReply } from '../run/ask-model.ts'
import type { RunContext } from '../run/run-context.ts'
import { fenceCode, renderTools } from '../text/fence-code.ts'
import { renderPrompt } from '../text/load-prompt.ts'
import { renderExamples, renderSpecification } from '../text/render-specification.ts'

export interface WrittenCode {
  code: string
  replies: RoutedReply[]
  /** The conversation so far, for a repair. */
  messages: Message[]
}

/** Has the tool's module written from its specification. */
export async function writeCode(
  context: RunContext,
  options: { specification: ToolSpecification; difficulty: Difficulty; tools: ToolVersion[] },
): Promise<WrittenCode> {
  const { specification, difficulty, tools } = options
  const { renderSignature } = context.dependencies
  const content = renderPrompt('write-code-request', {
    SPECIFICATION: renderSpecification(specification),
    EXAMPLES: renderExamples(specification),
    TOOLS: renderTools(tools, { renderSignature, none: 'None.' }),
  })
  const messages: Message[] = [{ role: 'user', content }]
  return ask(context, { specification, difficulty, purpose: 'write-code', escalation: 0, messages })
}

/** Has the next version of a kept tool written. The author sees its code and what is wrong with it, not its tests. */
export async function writeNextVersion(
  context: RunContext,
  options: {
    specification: ToolSpecification
    difficulty: Difficulty
    code: string
    tools: ToolVersion[]
    faults: string
  },
): Promise<WrittenCode> {
  const { specification, difficulty, code, tools, faults } = options
  const { renderSignature } = context.dependencies
  const content = renderPrompt('repair-tool-request', {
    SPECIFICATION: renderSpecification(specification),
    CODE: fenceCode(code, specification.language),
    FAULTS: faults,
    TOOLS: renderTools(tools, { renderSignature, none: 'None.' }),
  })
  const messages: Message[] = [{ role: 'user', content }]
  return ask(context, { specification, difficulty, purpose: 'repair-tool', escalation: 0, messages })
}

/**
 * Has the module corrected. The author sees its last version and what was found, not the versions before. With `mayDispute` a
 * reply in words, without code, keeps the last version: its author finds the tests wrong.
 */
export async function repairCode(
  context: RunContext,
  options: {
    specification: ToolSpecification
    difficulty: Difficulty
    last: WrittenCode
    failures: string
    /** How many repairs there have been with this one: each raises the tier by one. */
    repair: number
    mayDispute: boolean
  },
): Promise<WrittenCode> {
  const { specification, difficulty, last, failures, repair, mayDispute } = options
  const messages: Message[] = [
    ...last.messages.slice(0, 1),
    { role: 'assistant', content: fenceCode(last.code, specification.language) },
    { role: 'user', content: renderPrompt('repair-code', { FAILURES: failures }) },
  ]
  const kept = mayDispute ? last.code : null
  return ask(context, { specification, difficulty, purpose: 'repair-code', escalation: repair, messages, kept })
}

async function ask(
  context: RunContext,
  options: {
    specification: ToolSpecification
    difficulty: Difficulty
    purpose: string
    escalation: number
    messages: Message[]
    /** The code that a reply in words stands for. */
    kept?: string | null
  },
): Promise<WrittenCode> {
  const { language } = options.specification
  const instructions = renderInstructions(context, language)
  const { difficulty, purpose, escalation, messages, kept = null } = options
  const answered = await askModel(
    context,
    { role: 'coder', purpose, difficulty, escalation, instructions, messages },
    (text) => parseCode(text, language, kept),
  )
  return { code: answered.value, replies: answered.replies, messages }
}

function renderInstructions({ dependencies }: RunContext, language: ToolLanguage): string {
  const packages = [...dependencies.environmentPackages[language], ...(dependencies.packages?.allowList ?? [])]
  if (language === 'python')
    return renderPrompt('write-code-python', { PACKAGES: packages.join(', ') || 'no packages' })
  return renderPrompt('write-code-javascript', { PACKAGES: packages.length === 0 ? '' : ` and ${packages.join(', ')}` })
}

/** A sentence, in any language; less than that is a slip. */
const LEAST_WORDS = 4
const LEAST_CHARACTERS = 12

function parseCode(reply: string, language: ToolLanguage, kept: string | null): ParsedReply<string> {
  const block = findProgram(reply, language)
  if (block === null) {
    const words = reply.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word))
    // Some languages write without spaces.
    const isSentence =
      words.length >= LEAST_WORDS ||
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]{6}/u.test(reply)
    if (kept !== null && isSentence && reply.length >= LEAST_CHARACTERS && !reply.includes('```'))
      return { value: kept }
    return {
      problem: `There is no ${language} code in the reply. Send the whole module in one block that begins with \`\`\`${language}.`,
    }
  }
  if (block.language === 'typescript') return { problem: 'The module has to be JavaScript, without types.' }
  return { value: block.code }
}
