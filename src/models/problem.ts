/**
 * What kind of thing went wrong with one attempt. The kind decides whether it is tried again and which error it becomes.
 *
 * - `connection`: nobody answered, or the connection broke before or in the middle of the reply
 * - `overloaded`: 408, 409, 429 or 5xx, also as an event in the middle of a stream
 * - `unpaid`: the account has no credit left
 * - `timeout`: the attempt took longer than it may
 * - `empty`, `garbage`: the reply came and holds nothing, or nothing that can be read
 * - `not-an-api`: a web page where an interface should be
 * - `cut-prompt`: the model did not see the whole prompt
 */
export type ProblemKind =
  | 'connection'
  | 'overloaded'
  | 'unpaid'
  | 'timeout'
  | 'authentication'
  | 'unknown-model'
  | 'rejected'
  | 'empty'
  | 'garbage'
  | 'too-large'
  | 'not-an-api'
  | 'cut-prompt'

/** Safe to show: `message` and `excerpt` hold no secrets. */
export interface Problem {
  kind: ProblemKind
  message: string
  status: number | null
  /** How long the provider asked to wait. */
  retryAfterMs: number | null
  /** The start of what the provider sent, where that helps to understand it. */
  excerpt: string | null
  /** False for a kind that is usually tried again but cannot succeed here: a server that is not started. */
  retryable: boolean
  hint: string | null
}

export function createProblem(kind: ProblemKind, message: string, facts: Partial<Problem> = {}): Problem {
  return { status: null, retryAfterMs: null, excerpt: null, retryable: true, hint: null, ...facts, kind, message }
}

/** Carries a problem out of an attempt. Never leaves this folder. */
export class AttemptFailure extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.message)
    this.name = 'AttemptFailure'
    this.problem = problem
  }
}
