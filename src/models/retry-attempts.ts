import { setTimeout as delay } from 'node:timers/promises'
import { HandaxeError } from '../contracts/errors.ts'
import { DEFAULT_BUDGET } from '../contracts/limits.ts'
import type { ModelId, Spending } from '../contracts/models.ts'
import { describeFailure } from './describe-failure.ts'
import type { AttemptRecord } from './describe-failure.ts'
import { planRetry } from './plan-retry.ts'
import type { RetryPolicy } from './plan-retry.ts'
import { AttemptFailure } from './problem.ts'
import type { Problem } from './problem.ts'

export interface RetriedCall<Reply> {
  model: ModelId
  keyVariable: string | null
  /** Without it the wall time of the default budget bounds the waits. */
  deadlineAt?: number
  signal?: AbortSignal
  /** Rejects with `AttemptFailure`, or with the reason of `signal`. */
  attempt(): Promise<Reply>
  /** What all attempts so far may have been billed. */
  spent(): Spending | null
  onRetry?(problem: Problem): void
}

/**
 * Makes attempts until one succeeds or `planRetry` says to stop. Rejects with what `describeFailure` makes of the last
 * one, and with `cancelled` as soon as the signal is aborted.
 */
export async function retryAttempts<Reply>(
  call: RetriedCall<Reply>,
  policy: RetryPolicy,
): Promise<{ reply: Reply; attempts: number; wallMs: number }> {
  const { model, keyVariable, signal } = call
  const startedAt = Date.now()
  const deadlineAt = call.deadlineAt ?? startedAt + DEFAULT_BUDGET.wallMs
  const attempts: AttemptRecord[] = []
  for (;;) {
    if (signal?.aborted) throw cancelled(call)
    const attemptStartedAt = Date.now()
    const outcome = await tryOnce(call)
    const nowMs = Date.now()
    if ('reply' in outcome) {
      return { reply: outcome.reply, attempts: attempts.length + 1, wallMs: nowMs - startedAt }
    }
    attempts.push({ problem: outcome.problem, wallMs: nowMs - attemptStartedAt })
    const problems = attempts.map(({ problem }) => problem)
    const decision = planRetry(problems, policy, { nowMs, deadlineAt, random: Math.random() })
    if (decision.action === 'fail') {
      throw describeFailure({ model, keyVariable, attempts, decision, spent: call.spent(), nowMs, deadlineAt })
    }
    call.onRetry?.(outcome.problem)
    await wait(decision.waitMs, call)
  }
}

async function tryOnce<Reply>(call: RetriedCall<Reply>): Promise<{ reply: Reply } | { problem: Problem }> {
  try {
    return { reply: await call.attempt() }
  } catch (error) {
    if (call.signal?.aborted) throw cancelled(call)
    if (error instanceof AttemptFailure) return { problem: error.problem }
    throw error
  }
}

type Cancellable = Pick<RetriedCall<unknown>, 'model' | 'signal' | 'spent'>

async function wait(milliseconds: number, call: Cancellable): Promise<void> {
  const { signal } = call
  try {
    await delay(milliseconds, undefined, signal === undefined ? {} : { signal })
  } catch {
    // The timer itself cannot fail: only the abort ends it early.
    throw cancelled(call)
  }
}

function cancelled({ model, signal, spent }: Cancellable): HandaxeError {
  return new HandaxeError('cancelled', `The call of ${model} was cancelled`, {
    details: { model, ...spent() },
    ...(signal?.reason instanceof Error ? { cause: signal.reason } : {}),
  })
}
