import type { Difficulty, Message } from '../../contracts/models.ts'
import type { ScriptStep } from '../../contracts/plan.ts'
import type { ExecutionLanguage } from '../../contracts/sandbox.ts'
import { findProgram } from '../parse-reply/find-code.ts'
import { askModel, type ParsedReply } from '../run/ask-model.ts'
import type { RunContext } from '../run/run-context.ts'
import { fenceCode, renderTools } from '../text/fence-code.ts'
import { renderScriptRules } from '../text/render-script-rules.ts'
import { renderFiles } from '../text/render-files.ts'
import { cutMiddle } from '../../domain/text/cut-middle.ts'
import { renderPrompt } from '../text/load-prompt.ts'
import { fenceUntrusted, stripHidden } from '../../domain/text/untrusted-text.ts'
import { toStableJson } from '../../domain/text/to-stable-json.ts'

export interface WrittenScript {
  code: string
  language: ExecutionLanguage
}

const VALUE_CHARACTERS = 1500

/** Has the code of a script step written by the coder, because the plan left it out. */
export async function writeScript(
  context: RunContext,
  { step, difficulty }: { step: ScriptStep; difficulty: Difficulty },
): Promise<WrittenScript> {
  const messages = [await renderTask(context, step)]
  return ask(context, { step, difficulty, purpose: 'write-script', escalation: 0, messages })
}

/** Has a script corrected that failed. `observation` is the rendered account of what happened. */
export async function repairScript(
  context: RunContext,
  options: { step: ScriptStep; difficulty: Difficulty; last: WrittenScript; observation: string; repair: number },
): Promise<WrittenScript> {
  const { step, difficulty, last, observation, repair } = options
  const messages: Message[] = [
    await renderTask(context, step),
    { role: 'assistant', content: fenceCode(last.code, last.language) },
    { role: 'user', content: renderPrompt('repair-script', { OBSERVATION: observation }) },
  ]
  return ask(context, { step, difficulty, purpose: 'repair-script', escalation: repair, messages })
}

async function ask(
  context: RunContext,
  options: { step: ScriptStep; difficulty: Difficulty; purpose: string; escalation: number; messages: Message[] },
): Promise<WrittenScript> {
  const { step, difficulty, purpose, escalation, messages } = options
  const rules = renderScriptRules(context.dependencies)
  const instructions = renderPrompt('write-script', { SCRIPT_RULES: rules })
  const call = { role: 'coder' as const, purpose, difficulty, escalation, instructions, messages }
  const answered = await askModel(context, call, (text) => parseScript(text, step.language))
  return answered.value
}

function parseScript(reply: string, language: ExecutionLanguage): ParsedReply<WrittenScript> {
  const block = findProgram(reply, language)
  if (block === null) {
    return {
      problem: `There is no ${language} code in the reply. Send the whole program in one block that begins with \`\`\`${language}.`,
    }
  }
  return { value: { code: block.code, language: block.language ?? language } }
}

async function renderTask(context: RunContext, step: ScriptStep): Promise<Message> {
  const { request, progress, shelf, dependencies } = context
  const tools = await Promise.all(step.uses.map((name) => shelf.find(name)))
  const usable = tools.flatMap((found) => (found === null ? [] : [found.tool]))
  const values = step.needs.flatMap((id) => {
    const finished = progress.steps.get(id)
    if (finished === undefined || !finished.succeeded) return []
    const text = cutMiddle(toStableJson(finished.value), VALUE_CHARACTERS)
    return [`Value of step ${id}, whole in \`/box/input/${id}.value.json\`:\n${fenceUntrusted(`step ${id}`, text)}`]
  })
  const content = renderPrompt('write-script-request', {
    REQUEST: stripHidden(request.text),
    STEP: step.goal,
    FILES: renderFiles(progress.files),
    VALUES: values.length === 0 ? 'None.' : values.join('\n\n'),
    TOOLS: renderTools(usable, { renderSignature: dependencies.renderSignature, none: 'None.' }),
    LANGUAGE: step.language === 'python' ? 'Python' : step.language === 'javascript' ? 'JavaScript' : 'TypeScript',
  })
  return { role: 'user', content }
}
