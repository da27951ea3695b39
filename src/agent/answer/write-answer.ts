import type { Plan } from '../../contracts/plan.ts'
import { isGood } from '../observe/observe-execution.ts'
import { renderObservation } from '../observe/render-observation.ts'
import { askModel } from '../run/ask-model.ts'
import { stepValues, type RunContext } from '../run/run-context.ts'
import type { StepReport } from '../steps/step-report.ts'
import { renderPrompt } from '../text/load-prompt.ts'
import { stripHidden } from '../../domain/text/untrusted-text.ts'
import { AnswerStream, EMPTY_ANSWER } from './answer-stream.ts'
import { renderTemplate } from './render-template.ts'

/**
 * The answer: the plan's own text with the values filled in on the host, which costs no call; or, where it has none, a
 * placeholder cannot be filled or something surprised, the text of one more model call that sees the observations.
 */
export async function writeAnswer(context: RunContext, plan: Plan, reports: readonly StepReport[]): Promise<string> {
  const ready = fillIn(context, plan, reports)
  if (ready === null) return askForAnswer(context, plan, reports)
  context.progress.answer = ready
  context.events.emit({ type: 'answer-delta', text: ready })
  return ready
}

function fillIn({ progress }: RunContext, plan: Plan, reports: readonly StepReport[]): string | null {
  if (plan.answer === null) return null
  const values = stepValues(progress)
  // A text about templates has braces of its own, and there is nothing that they could stand for.
  if (values.size === 0 && plan.steps.length === 0) return plan.answer
  const rendered = renderTemplate(plan.answer, values, plan.language ?? null)
  const good = plan.steps.length === 0 || reports.every((report) => isGood(report.observation))
  return good && 'text' in rendered ? rendered.text : null
}

async function askForAnswer(context: RunContext, plan: Plan, reports: readonly StepReport[]): Promise<string> {
  const stream = new AnswerStream(context)
  const answered = await askModel(
    context,
    {
      role: 'answerer',
      purpose: 'answer',
      difficulty: plan.difficulty,
      escalation: 0,
      instructions: renderPrompt('answer'),
      messages: [{ role: 'user', content: renderTask(context, plan, reports) }],
      onDelta: stream.onDelta,
    },
    (text) => ({ value: unwrap(text) }),
  )
  stream.end()
  context.progress.answer = answered.value
  return answered.value
}

function renderTask({ request, progress }: RunContext, plan: Plan, reports: readonly StepReport[]): string {
  const current = new Set(reports.map(({ step }) => step.id))
  const earlier = [...progress.steps.values()].filter((step) => step.succeeded && !current.has(step.id))
  const observations = [
    // By id, because steps that ran at the same time end in any order.
    ...earlier.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    ...reports.map(({ step, observation }) => ({ goal: step.goal, observation })),
  ].map(({ goal, observation }) => renderObservation(observation, goal))
  return renderPrompt('answer-request', {
    REQUEST: stripHidden(request.text),
    UNDERSTANDING: plan.understanding,
    OBSERVATIONS: observations.length === 0 ? 'Nothing.' : observations.join('\n\n'),
    NOTES: plan.answer === null ? '' : `# A draft from before the values were known\n\n${plan.answer}`,
  })
}

/** Some models put the whole answer into a block although it is a text. */
function unwrap(text: string): string {
  if (text === EMPTY_ANSWER) return ''
  const block = /^(`{3,}|~{3,})(?:markdown|md|text)?\n([\s\S]*)\n\1$/.exec(text)
  const content = block?.[2] ?? ''
  return block === null || content.includes(block[1] ?? '`') ? text : content.trim()
}
