import type { Problem, ProblemKind } from './problem.ts'

/** A longer wait between two attempts than this tells nothing more about whether the provider is back. */
const MAX_BACKOFF_MS = 30_000

/** Kinds that another attempt can cure; one retry shows whether an empty reply or a timeout was an accident. */
const MAX_RETRIES: Readonly<Partial<Record<ProblemKind, number>>> = {
  connection: Infinity,
  overloaded: Infinity,
  garbage: Infinity,
  empty: 1,
  timeout: 1,
}

export interface RetryPolicy {
  /** Attempts after the first. */
  retries: number
  /** Milliseconds before the first retry. */
  backoffMs: number
}

export type RetryDecision =
  | { action: 'wait'; waitMs: number }
  /** `final`: another attempt cannot help; `exhausted`: there were enough; `deadline`: the wait would end too late. */
  | { action: 'fail'; reason: 'final' | 'exhausted' | 'deadline'; waitMs: number }

/**
 * What to do after the failed attempts in `problems`, of which the last one counts. A wait that the provider asks for is
 * kept whatever its length, as long as it ends before `deadlineAt`. Without one: exponential back-off with jitter, half
 * fixed and half random ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015), so that clients that failed
 * together do not come back together.
 */
export function planRetry(
  problems: readonly Problem[],
  policy: RetryPolicy,
  { nowMs, deadlineAt, random }: { nowMs: number; deadlineAt: number; random: number },
): RetryDecision {
  const problem = problems.at(-1)
  const limit = problem === undefined ? undefined : MAX_RETRIES[problem.kind]
  if (problem === undefined || limit === undefined || !problem.retryable)
    return { action: 'fail', reason: 'final', waitMs: 0 }
  const same = problems.filter(({ kind }) => kind === problem.kind).length
  if (same > limit || problems.length > policy.retries) return { action: 'fail', reason: 'exhausted', waitMs: 0 }
  const backoff = Math.min(policy.backoffMs * 2 ** (problems.length - 1), MAX_BACKOFF_MS)
  const waitMs = problem.retryAfterMs ?? Math.round(backoff * (0.5 + random / 2))
  return nowMs + waitMs < deadlineAt ? { action: 'wait', waitMs } : { action: 'fail', reason: 'deadline', waitMs }
}
