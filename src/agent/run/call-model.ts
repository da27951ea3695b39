import { HandaxeError } from '../../contracts/errors.ts'
import type { ModelDelta, RoutedCall, RoutedReply } from '../../contracts/models.ts'
import type { RunContext } from './run-context.ts'
import { untilAborted } from './until-aborted.ts'

export interface ModelCall extends Pick<
  RoutedCall,
  'role' | 'difficulty' | 'escalation' | 'tier' | 'instructions' | 'messages'
> {
  /** What the call is for, such as `plan` or `repair-code`; stands in the event. */
  purpose: string
  onDelta?: (delta: ModelDelta) => void
}

/** Characters of a token in English and code; for a prompt's length before anyone has counted it. */
const CHARACTERS_PER_TOKEN = 4

/** Every model in use can write this much in one reply; the tiers' own limits are larger. */
const OUTPUT_TOKENS_OF_ANY_MODEL = 8192

/**
 * One model call within the budget. All that happened before it is on disk when it begins, and its reply is on disk when
 * this resolves. Throws the run's own error where the run has ended meanwhile.
 */
export async function callModel(context: RunContext, call: ModelCall): Promise<RoutedReply> {
  const { events, budget, signal } = context
  signal.throwIfAborted()
  await events.written()
  const inputTokens = Math.ceil(countCharacters(call) / CHARACTERS_PER_TOKEN)
  budget.beginCall(inputTokens)
  const { purpose, ...request } = call
  const room = budget.remainingTokens - inputTokens
  const routed: RoutedCall = {
    ...request,
    deadlineAt: budget.deadlineAt,
    signal,
    // Near the end of the budget the reply is bounded by what is left of it.
    ...(room < OUTPUT_TOKENS_OF_ANY_MODEL ? { maxOutputTokens: Math.max(1, room) } : {}),
  }
  const reply = await generate(context, routed)
  budget.endCall(reply)
  const { role, tier, model, usage, costUsd, wallMs, attempts, text } = reply
  events.emit({ type: 'model-called', role, tier, model, purpose, usage, costUsd, wallMs, attempts, reply: text })
  warnOfUnknown(context, { model, costUsd, usage })
  await events.written()
  return reply
}

async function generate({ dependencies, signal, budget, clock }: RunContext, call: RoutedCall): Promise<RoutedReply> {
  try {
    return await untilAborted(dependencies.gateway.generate(call), signal)
  } catch (error) {
    // The gateway gives up at the deadline by itself and calls that a timeout of the model.
    const outOfTime = HandaxeError.isInstance(error) && error.code === 'model_timeout' && clock() >= budget.deadlineAt
    throw outOfTime ? budget.timeError() : error
  }
}

/** Says once of a model that its price is not known, or that it does not count its tokens. */
export function warnOfUnknown(
  context: Pick<RunContext, 'progress' | 'events'>,
  { model, costUsd, usage }: { model: string; costUsd: number | null; usage: { reported: boolean } },
): void {
  if (costUsd === null) {
    warnOnce(context, 'price_unknown', `The price of ${model} is not known: its calls count as nothing in the cost.`)
  }
  if (!usage.reported) {
    const message = `${model} did not report its tokens: they are estimated from the text's length.`
    warnOnce(context, 'usage_estimated', message)
  }
}

/** A warning that is the same for every call of a model stands once in a run's events. */
function warnOnce(
  { progress, events }: Pick<RunContext, 'progress' | 'events'>,
  code: 'price_unknown' | 'usage_estimated',
  message: string,
): void {
  if (progress.warnings.has(message)) return
  progress.warnings.add(message)
  events.emit({ type: 'warning', code, message })
}

function countCharacters(call: ModelCall): number {
  return call.messages.reduce((sum, message) => sum + message.content.length, call.instructions.length)
}
