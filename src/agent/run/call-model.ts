import { HandaxeError } from '../../contracts/errors.ts'
import type { ModelDelta, RoutedCall, RoutedReply } from '../../contracts/models.ts'
import { estimatePromptTokens } from '../../util/estimate-tokens.ts'
import { readSpending } from '../../util/spending.ts'
import type { CallAccount } from './call-account.ts'
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

/** What a call asks for of a gateway that does not say by itself: as much as the largest tier does. */
const OUTPUT_TOKENS_OF_A_CALL = 32_000

/**
 * One model call within the budget. All that happened before it is on disk when it begins, and its reply is on disk when
 * this resolves. What its attempts used is counted, however it ends. Throws the run's own error where the run has ended
 * meanwhile, and the budget's where the reply was cut off by what was left of it.
 */
export async function callModel(context: RunContext, call: ModelCall): Promise<RoutedReply> {
  const { events, budget, signal, clock } = context
  signal.throwIfAborted()
  await events.written()
  const account = budget.openCall({ signal })
  const startedAt = clock()
  let reply: RoutedReply
  try {
    reply = await generate(context, call, account)
  } catch (error) {
    const problem = explainFailure(context, account, error)
    reportFailure(context, call, { problem, account, wallMs: clock() - startedAt })
    throw problem
  }
  const { usage, costUsd } = account.end() ?? reply
  const { role, tier, model, wallMs, attempts, text } = reply
  const { purpose } = call
  events.emit({ type: 'model-called', role, tier, model, purpose, usage, costUsd, wallMs, attempts, reply: text })
  if (role === 'planner') countPlanning(context, { model, usage, costUsd })
  warnOfUnknown(context, { model, costUsd, usage })
  await events.written()
  const { limitedBy } = account
  // Asking again would spend what is left on another half of a reply.
  if (reply.finishReason === 'length' && limitedBy !== null) throw budget.errorOf(limitedBy)
  return reply
}

/** What a reuse saves is held against what planning with scripts used. */
function countPlanning(
  { progress }: RunContext,
  { model, usage, costUsd }: Pick<RoutedReply, 'model' | 'usage' | 'costUsd'>,
): void {
  const { inputTokens = 0, outputTokens = 0, costUsd: earlier = 0 } = progress.planning ?? {}
  progress.planning = {
    model,
    inputTokens: inputTokens + usage.inputTokens,
    outputTokens: outputTokens + usage.outputTokens,
    costUsd: earlier === null || costUsd === null ? null : earlier + costUsd,
  }
}

async function generate(context: RunContext, call: ModelCall, account: CallAccount): Promise<RoutedReply> {
  const { signal, budget } = context
  const { gateway } = context.dependencies
  const { purpose: _, ...request } = call
  const routed: RoutedCall = { ...request, deadlineAt: budget.deadlineAt, signal }
  if (gateway.metersAttempts === true) {
    return untilAborted(gateway.generate({ ...routed, meter: account }), signal)
  }
  const attempt = await account.begin({
    model: 'the model',
    inputTokens: estimatePromptTokens(call),
    maxOutputTokens: OUTPUT_TOKENS_OF_A_CALL,
    costOf: () => null,
  })
  try {
    const { maxOutputTokens } = attempt
    const reply = await untilAborted(gateway.generate({ ...routed, maxOutputTokens }), signal)
    attempt.end(reply)
    return reply
  } catch (error) {
    // The error of a call that failed says what it used; one that was stopped is counted by its prompt.
    const told = HandaxeError.isInstance(error) ? readSpending(error.details) : null
    if (told !== null || !signal.aborted) attempt.end(told)
    throw error
  }
}

/** What a failed call means to the run. */
function explainFailure({ budget, clock }: RunContext, account: CallAccount, error: unknown): unknown {
  if (!HandaxeError.isInstance(error)) return error
  // The gateway gives up at the deadline by itself and calls that a timeout of the model.
  if (error.code === 'model_timeout' && clock() >= budget.deadlineAt) return budget.timeError()
  const { limitedBy } = account
  return error.code === 'model_reply_invalid' && limitedBy !== null ? budget.errorOf(limitedBy, error) : error
}

function reportFailure(
  context: RunContext,
  { role, purpose }: ModelCall,
  { problem, account, wallMs }: { problem: unknown; account: CallAccount; wallMs: number },
): void {
  const { events } = context
  const spending = account.end()
  if (account.attempts === 0) return
  const { usage = null, costUsd = 0 } = spending ?? {}
  const code = HandaxeError.isInstance(problem) ? problem.code : 'internal'
  const message = problem instanceof Error ? problem.message : String(problem)
  events.emit({ type: 'model-failed', role, purpose, usage, costUsd, wallMs, code, problem: message })
  if (usage !== null) warnOfUnknown(context, { model: account.lastModel, costUsd, usage })
}

/** Says once of a model that its price is not known, or that it does not count its tokens. */
export function warnOfUnknown(
  context: Pick<RunContext, 'progress' | 'events'>,
  { model, costUsd, usage }: { model: string; costUsd: number | null; usage: { reported: boolean } },
): void {
  if (costUsd === null) {
    warnOnce(
      context,
      'price_unknown',
      `The price of ${model} is not known: its calls count as nothing in the cost ("prices" in the configuration).`,
    )
  }
  if (!usage.reported) {
    const message = `${model} did not report the tokens of every reply: what is missing is estimated from the text's length.`
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
