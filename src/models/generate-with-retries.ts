import { setTimeout as delay } from 'node:timers/promises'
import { HandaxeError } from '../contracts/errors.ts'
import { DEFAULT_BUDGET } from '../contracts/limits.ts'
import type { ModelId, ModelReply, ModelRequest, TokenUsage } from '../contracts/models.ts'
import { createDeltaSink } from './delta-sink.ts'
import type { DeltaSink } from './delta-sink.ts'
import { describeFailure } from './describe-failure.ts'
import type { AttemptRecord } from './describe-failure.ts'
import { addUsage } from './estimate-usage.ts'
import { planRetry } from './plan-retry.ts'
import type { RetryPolicy } from './plan-retry.ts'
import { AttemptFailure, createProblem } from './problem.ts'
import type { Problem } from './problem.ts'
import type { AttemptReply } from './run-attempt.ts'

/** What can be tried: one model and how to call it once. */
export interface AttemptedModel {
  id: ModelId
  keyVariable: string | null
  /** Rejects with `AttemptFailure`, or with the reason of the request's signal. */
  attempt(request: ModelRequest, sink: DeltaSink): Promise<AttemptReply>
  costOf(usage: TokenUsage): number | null
}

/** Sums over the attempts whose reply came whole and was not usable: the provider bills those too. */
interface Spent {
  usage: TokenUsage | null
  costUsd: number | null
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
  const startedAt = Date.now()
  const deadlineAt = request.deadlineAt ?? startedAt + DEFAULT_BUDGET.wallMs
  const sink = createDeltaSink(request.onDelta)
  const attempts: AttemptRecord[] = []
  let spent: Spent = { usage: null, costUsd: 0 }
  for (;;) {
    if (request.signal?.aborted) throw cancelled(model.id, request.signal)
    const attemptStartedAt = Date.now()
    const outcome = await tryOnce(model, request, sink)
    if ('reply' in outcome) spent = addReply(spent, outcome.reply, model)
    if (!('problem' in outcome)) {
      const { text, reasoning, finishReason, usage } = outcome.reply
      return {
        text,
        reasoning,
        finishReason,
        usage: spent.usage ?? usage,
        model: model.id,
        costUsd: spent.costUsd,
        attempts: attempts.length + 1,
        wallMs: Date.now() - startedAt,
      }
    }
    const nowMs = Date.now()
    attempts.push({ problem: outcome.problem, wallMs: nowMs - attemptStartedAt })
    const problems = attempts.map(({ problem }) => problem)
    const decision = planRetry(problems, policy, { nowMs, deadlineAt, random: Math.random() })
    if (decision.action === 'fail') {
      throw describeFailure({
        model: model.id,
        keyVariable: model.keyVariable,
        attempts,
        decision,
        ...spent,
        nowMs,
        deadlineAt,
      })
    }
    sink.restart(outcome.problem.message)
    await wait(decision.waitMs, model.id, request.signal)
  }
}

/** The key's own error: there is nothing to try without it. */
export function missingKey(model: ModelId, variable: string): HandaxeError {
  return new HandaxeError('missing_key', `${model} needs a key, and ${variable} is not set`, {
    hint: `Set ${variable} in the environment, for example: export ${variable}=…`,
    details: { model, variable },
  })
}

type Outcome = { reply: AttemptReply } | { problem: Problem } | { reply: AttemptReply; problem: Problem }

async function tryOnce(model: AttemptedModel, request: ModelRequest, sink: DeltaSink): Promise<Outcome> {
  try {
    const reply = await model.attempt(request, sink)
    const problem = findEmptiness(reply, request)
    return problem === null ? { reply } : { reply, problem }
  } catch (error) {
    if (request.signal?.aborted) throw cancelled(model.id, request.signal)
    if (error instanceof AttemptFailure) return { problem: error.problem }
    throw error
  }
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

async function wait(milliseconds: number, model: ModelId, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(milliseconds, undefined, signal === undefined ? {} : { signal })
  } catch {
    // The timer itself cannot fail: only the abort ends it early.
    throw cancelled(model, signal)
  }
}

function cancelled(model: ModelId, signal: AbortSignal | undefined): HandaxeError {
  return new HandaxeError('cancelled', `The call of ${model} was cancelled`, {
    details: { model },
    ...(signal?.reason instanceof Error ? { cause: signal.reason } : {}),
  })
}
