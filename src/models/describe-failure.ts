import { HandaxeError } from '../contracts/errors.ts'
import type { ErrorCode } from '../contracts/errors.ts'
import type { ModelId, Spending } from '../contracts/models.ts'
import type { RetryDecision } from './plan-retry.ts'
import type { Problem, ProblemKind } from './problem.ts'

const CODES: Readonly<Record<ProblemKind, ErrorCode>> = {
  connection: 'model_unavailable',
  overloaded: 'model_unavailable',
  unpaid: 'model_unavailable',
  'not-an-api': 'model_unavailable',
  timeout: 'model_timeout',
  authentication: 'authentication_failed',
  'unknown-model': 'unknown_model',
  rejected: 'invalid_request',
  empty: 'model_reply_invalid',
  garbage: 'model_reply_invalid',
  'too-large': 'model_reply_invalid',
  'cut-prompt': 'invalid_configuration',
}

/** One attempt, as it stands in the details of an error. */
export interface AttemptRecord {
  problem: Problem
  wallMs: number
}

export interface FailedCall {
  model: ModelId
  keyVariable: string | null
  attempts: readonly AttemptRecord[]
  decision: Extract<RetryDecision, { action: 'fail' }>
  /** What the attempts may have been billed all the same. */
  spent: Spending | null
  nowMs: number
  deadlineAt: number
}

/** The error of a call that is given up, with one sentence on what happened and one on what to do. */
export function describeFailure(call: FailedCall): HandaxeError {
  const { model, attempts, decision } = call
  const problem = attempts.at(-1)?.problem
  if (problem === undefined) throw new Error('A failed call has at least one attempt')
  return new HandaxeError(CODES[problem.kind], `${model}: ${describeProblem(problem)}${describeEnd(call)}`, {
    hint: describeHint(problem, call),
    details: {
      model,
      problem: problem.kind,
      status: problem.status,
      attempts: attempts.map(({ problem: { kind, status, message }, wallMs }) => ({
        problem: kind,
        status,
        message,
        wallMs,
      })),
      ...(problem.excerpt === null ? {} : { excerpt: problem.excerpt }),
      ...(problem.retryAfterMs === null ? {} : { retryAfterMs: problem.retryAfterMs }),
      ...(decision.reason === 'deadline' ? { waitMs: decision.waitMs, remainingMs: remainingMs(call) } : {}),
      ...call.spent,
    },
  })
}

function describeProblem({ message, status }: Problem): string {
  const sentence = message.trim().replace(/[.\s]+$/, '')
  return status === null || message.includes(String(status)) ? sentence : `${sentence} (HTTP status ${status})`
}

function describeEnd(call: FailedCall): string {
  const { attempts, decision } = call
  if (decision.reason === 'deadline') {
    const asked =
      attempts.at(-1)?.problem.retryAfterMs === null ? 'The next attempt is due' : 'The provider asks to try again'
    return `. ${asked} in ${seconds(decision.waitMs)}, and only ${seconds(remainingMs(call))} are left`
  }
  return attempts.length > 1 ? ` (after ${attempts.length} attempts)` : ''
}

function describeHint(problem: Problem, { model, keyVariable, decision }: FailedCall): string {
  if (problem.hint !== null) return problem.hint
  switch (problem.kind) {
    case 'authentication':
      return keyVariable === null
        ? 'The server wants a key: name its variable as keyVariable under "providers" in the configuration.'
        : `Check the key in ${keyVariable}: it is wrong, expired or not allowed to use this model.`
    case 'unknown-model':
      return `Check the name ${model} against the provider's list of models, and the base URL if you set one.`
    case 'unpaid':
      return `Add credit to the provider's account, or put another model first in the configuration.`
    case 'rejected':
      return 'The provider refused the request itself; a prompt or an output limit that is too long for the model is the usual cause.'
    case 'timeout':
      return 'Raise modelTimeoutMs in the configuration, or use a faster model.'
    case 'empty':
    case 'garbage':
    case 'too-large':
      return 'Try another model for this tier.'
    default:
      return decision.reason === 'deadline'
        ? 'Allow more time, or add a second model to the tier to fall over to.'
        : 'Try again later, or add a second model to the tier to fall over to.'
  }
}

function remainingMs({ deadlineAt, nowMs }: FailedCall): number {
  return Math.max(0, deadlineAt - nowMs)
}

function seconds(milliseconds: number): string {
  return milliseconds < 10_000 ? `${(milliseconds / 1000).toFixed(1)} s` : `${Math.round(milliseconds / 1000)} s`
}
