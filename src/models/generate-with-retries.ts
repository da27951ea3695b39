import { HandaxeError } from '../contracts/errors.ts'
import type { ModelId, ModelReply, ModelRequest, TokenUsage } from '../contracts/models.ts'
import { createDeltaSink } from './delta-sink.ts'
import type { DeltaSink } from './delta-sink.ts'
import { addUsage } from './estimate-usage.ts'
import type { RetryPolicy } from './plan-retry.ts'
import { AttemptFailure, createProblem } from './problem.ts'
import type { Problem } from './problem.ts'
import { retryAttempts } from './retry-attempts.ts'
import type { Spent } from './retry-attempts.ts'
import type { AttemptReply } from './run-attempt.ts'

/** What can be tried: one model and how to call it once. */
export interface AttemptedModel {
  id: ModelId
  keyVariable: string | null
  /** Rejects with `AttemptFailure`, or with the reason of the request's signal. */
  attempt(request: ModelRequest, sink: DeltaSink): Promise<AttemptReply>
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
  let spent: Spent = { usage: null, costUsd: 0 }
  const { reply, attempts, wallMs } = await retryAttempts(
    {
      ...request,
      model: model.id,
      keyVariable: model.keyVariable,
      spent: () => spent,
      onRetry: (problem) => sink.restart(problem.message),
      async attempt() {
        const reply = await model.attempt(request, sink)
        spent = addReply(spent, reply, model)
        const problem = findEmptiness(reply, request)
        if (problem !== null) throw new AttemptFailure(problem)
        return reply
      },
    },
    policy,
  )
  const { text, reasoning, finishReason, usage } = reply
  return {
    text,
    reasoning,
    finishReason,
    usage: spent.usage ?? usage,
    model: model.id,
    costUsd: spent.costUsd,
    attempts,
    wallMs,
  }
}

/** The key's own error: there is nothing to try without it. */
export function missingKey(model: ModelId, variable: string): HandaxeError {
  return new HandaxeError('missing_key', `${model} needs a key, and ${variable} is not set`, {
    hint: `Set ${variable} in the environment, for example: export ${variable}=…`,
    details: { model, variable },
  })
}

/** A filter or a used-up output limit would end the next attempt in the same way: only other silence is asked again. */
function findEmptiness(
  { text, reasoning, finishReason }: AttemptReply,
  { maxOutputTokens }: ModelRequest,
): Problem | null {
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
      hint: 'Raise maxOutputTokens for this tier.',
    })
  }
  return createProblem('empty', 'The reply is empty')
}

function addReply(spent: Spent, { usage, billedUsd }: AttemptReply, model: AttemptedModel): Spent {
  const costUsd = billedUsd ?? model.costOf(usage)
  return {
    usage: spent.usage === null ? usage : addUsage(spent.usage, usage),
    costUsd: spent.costUsd === null || costUsd === null ? null : spent.costUsd + costUsd,
  }
}
