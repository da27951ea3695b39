import { HandaxeError } from '../contracts/errors.ts'
import type { ModelId, ModelReply, ModelRequest, Spending, TokenUsage } from '../contracts/models.ts'
import { addSpending } from '../util/spending.ts'
import { estimatePromptTokens } from '../util/estimate-tokens.ts'
import { createDeltaSink } from './delta-sink.ts'
import type { DeltaSink } from './delta-sink.ts'
import type { RetryPolicy } from './plan-retry.ts'
import { AttemptFailure, createProblem } from './problem.ts'
import type { Problem } from './problem.ts'
import { retryAttempts } from './retry-attempts.ts'
import type { AttemptReply, AttemptUsage } from './run-attempt.ts'

/** What can be tried: one model and how to call it once. */
export interface AttemptedModel {
  id: ModelId
  keyVariable: string | null
  /**
   * Rejects with `AttemptFailure`, or with the reason of the request's signal; what it may have been billed then goes to
   * `onFailedUsage`.
   */
  attempt(request: ModelRequest, sink: DeltaSink, onFailedUsage: (used: AttemptUsage) => void): Promise<AttemptReply>
  costOf(usage: TokenUsage): number | null
}

/**
 * Calls a model until it gives a usable reply or `planRetry` says to stop. A reply that breaks off is asked for again as
 * a whole, and the reader of `onDelta` is told so. Rejects with `HandaxeError`: `cancelled` as soon as the signal is
 * aborted, `model_unavailable`, `model_timeout`, `model_reply_invalid`, `authentication_failed`, `unknown_model`,
 * `invalid_request` or `invalid_configuration`. Without `deadlineAt` the wall time of the default budget bounds the waits.
 */
export async function generateWithRetries(
  model: AttemptedModel,
  request: ModelRequest,
  policy: RetryPolicy,
): Promise<ModelReply> {
  const sink = createDeltaSink(request.onDelta)
  let spent: Spending | null = null
  const { reply, attempts, wallMs } = await retryAttempts(
    {
      ...request,
      model: model.id,
      keyVariable: model.keyVariable,
      spent: () => spent,
      onRetry: (problem) => sink.restart(problem.message),
      async attempt() {
        const { reply, maxOutputTokens } = await attemptOnce(model, request, sink, (used) => {
          spent = addSpending(spent, used)
        })
        const problem = findEmptiness(reply, maxOutputTokens)
        if (problem !== null) throw new AttemptFailure(problem)
        return reply
      },
    },
    policy,
  )
  const { text, reasoning, finishReason } = reply
  const { usage, costUsd } = spent ?? toSpending(reply, model)
  return { text, reasoning, finishReason, usage, model: model.id, costUsd, attempts, wallMs }
}

/** One attempt within the meter's bounds. What it used is told, however it ends. */
async function attemptOnce(
  model: AttemptedModel,
  request: ModelRequest,
  sink: DeltaSink,
  onSpent: (spent: Spending) => void,
): Promise<{ reply: AttemptReply; maxOutputTokens: number }> {
  const admitted = await request.meter?.begin({
    model: model.id,
    inputTokens: estimatePromptTokens(request),
    maxOutputTokens: request.maxOutputTokens,
    costOf: (tokens) => model.costOf({ ...tokens, cachedInputTokens: 0, reasoningTokens: 0, reported: false }),
  })
  const maxOutputTokens = admitted?.maxOutputTokens ?? request.maxOutputTokens
  let spent: Spending | null = null
  try {
    const reply = await model.attempt({ ...request, maxOutputTokens }, sink, (used) => {
      spent = toSpending(used, model)
    })
    spent = toSpending(reply, model)
    return { reply, maxOutputTokens }
  } finally {
    if (spent !== null) onSpent(spent)
    admitted?.end(spent)
  }
}

function toSpending({ usage, billedUsd }: AttemptUsage, model: AttemptedModel): Spending {
  return { usage, costUsd: billedUsd ?? model.costOf(usage) }
}

/** The key's own error: there is nothing to try without it. */
export function missingKey(model: ModelId, variable: string): HandaxeError {
  return new HandaxeError('missing_key', `${model} needs a key, and ${variable} is not set`, {
    hint: `Set ${variable} in the environment, for example: export ${variable}=…`,
    details: { model, variable },
  })
}

/** A filter or a used-up output limit would end the next attempt in the same way: only other silence is asked again. */
function findEmptiness({ text, reasoning, finishReason }: AttemptReply, maxOutputTokens: number): Problem | null {
  if (text.trim() !== '') return null
  if (finishReason === 'content-filter') {
    return createProblem('empty', "The provider's filter held the reply back", {
      retryable: false,
      hint: 'Put the request in other words, or use another model.',
    })
  }
  if (finishReason === 'length') {
    const cause = reasoning === '' ? 'The reply is empty' : 'The model used them all for reasoning'
    return createProblem('empty', `${cause} at the limit of ${maxOutputTokens} output tokens`, {
      retryable: false,
      hint: 'Raise maxOutputTokens of this tier in the configuration.',
    })
  }
  return createProblem('empty', 'The reply is empty')
}
