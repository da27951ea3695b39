import {
  APICallError,
  InvalidResponseDataError,
  JSONParseError,
  NoOutputGeneratedError,
  StreamProviderError,
  TypeValidationError,
} from 'ai'
import { AttemptFailure, createProblem } from './problem.ts'
import type { Problem, ProblemKind } from './problem.ts'
import { parseRetryAfter } from './parse-retry-after.ts'
import type { Provider } from './providers/provider.ts'
import { scrubSecrets } from './scrub-secrets.ts'

const EXCERPT_CHARACTERS = 400

const GARBAGE = 'The reply is not in the form that this interface sends'

export interface ErrorContext {
  provider: Provider
  modelName: string
  secrets: readonly string[]
  nowMs: number
}

/**
 * What an error of the AI SDK means. Null for an error that does not come from the provider or the network: that one is
 * a bug and is thrown on as it is.
 */
export function classifyError(error: unknown, context: ErrorContext): Problem | null {
  const failure = causesOf(error).find((cause) => cause instanceof AttemptFailure)
  if (failure instanceof AttemptFailure) return failure.problem
  const show = (text: string): string => scrubSecrets(text, context.secrets)
  if (APICallError.isInstance(error)) return classifyCallError(error, context, show)
  if (StreamProviderError.isInstance(error)) {
    const { statusCode = 0, code, type } = error
    return classifyStatus(
      { status: statusCode, code: String(code ?? type ?? ''), message: show(error.message) },
      context,
    )
  }
  const unreadable = InvalidResponseDataError.isInstance(error) && error.data !== undefined
  if (JSONParseError.isInstance(error) || TypeValidationError.isInstance(error) || unreadable) {
    return createProblem('garbage', GARBAGE, { excerpt: show(error.message).slice(0, EXCERPT_CHARACTERS) })
  }
  if (InvalidResponseDataError.isInstance(error) || NoOutputGeneratedError.isInstance(error)) {
    return createProblem('connection', 'The reply broke off before its end')
  }
  return isNetworkError(error) ? createProblem('connection', show(describeCause(error))) : null
}

function classifyCallError(error: APICallError, context: ErrorContext, show: (text: string) => string): Problem {
  const { statusCode, responseHeaders = {}, responseBody = '', cause } = error
  if (statusCode === undefined || (statusCode < 400 && responseBody === ''))
    return classifyConnection(cause ?? error, context, show)
  const excerpt = responseBody === '' ? null : show(responseBody).slice(0, EXCERPT_CHARACTERS)
  if (statusCode < 400)
    return createProblem('garbage', GARBAGE, {
      status: statusCode,
      excerpt,
    })
  const problem = classifyStatus(
    {
      status: statusCode,
      code: readErrorCode(error.data),
      message: show(error.message || `HTTP status ${statusCode}`),
    },
    context,
  )
  return { ...problem, excerpt, retryAfterMs: parseRetryAfter(responseHeaders, context.nowMs) }
}

/** Node's own bounds on a silent connection (300 s) are a timeout like ours; everything else is a broken connection. */
function classifyConnection(cause: unknown, { provider }: ErrorContext, show: (text: string) => string): Problem {
  const codes = errorCodes(cause)
  if (codes.some((code) => code.endsWith('_TIMEOUT') && code !== 'UND_ERR_CONNECT_TIMEOUT')) {
    return createProblem('timeout', show(describeCause(cause)))
  }
  const notStarted = provider.local && codes.includes('ECONNREFUSED')
  return createProblem(
    'connection',
    notStarted ? `Nothing answers at ${provider.baseUrl}` : show(describeCause(cause)),
    {
      retryable: !notStarted,
      hint: notStarted ? (provider.startHint ?? null) : null,
    },
  )
}

interface StatusFacts {
  status: number
  /** The provider's own code or type of the error. */
  code: string
  message: string
}

function classifyStatus(facts: StatusFacts, context: ErrorContext): Problem {
  const { status, message } = facts
  return createProblem(kindOfStatus(facts, context), message, { status: status === 0 ? null : status })
}

function kindOfStatus({ status, code, message }: StatusFacts, { modelName }: ErrorContext): ProblemKind {
  if (status === 402 || /insufficient_(?:quota|balance|credits)|billing/i.test(code)) return 'unpaid'
  if (status === 401 || status === 403) return 'authentication'
  if (isUnknownModel({ status, code, message }, modelName)) return 'unknown-model'
  if (status === 408 || status === 409 || status === 429 || status >= 500 || status === 0) return 'overloaded'
  return 'rejected'
}

/**
 * Providers do not agree on how they say that a model does not exist: 404 with a code (OpenAI, Anthropic, Ollama), or
 * 400 with a sentence such as "Model Not Exist" (DeepSeek) or "x is not a valid model ID" (OpenRouter). A sentence of
 * somebody else's server is all there is to go by here.
 */
function isUnknownModel({ status, code, message }: StatusFacts, modelName: string): boolean {
  if (status === 404 || /model_not_found|unknown_model|invalid_model/i.test(code)) return true
  if (status !== 400 && status !== 422) return false
  const namesModel = /\bmodel\b/i.test(message) || message.includes(modelName)
  return (
    namesModel &&
    /not (?:exist|found|a valid)|no such|does ?n.t exist|does not exist|unknown|invalid model|not supported|no endpoints/i.test(
      message,
    )
  )
}

function readErrorCode(data: unknown): string {
  if (typeof data !== 'object' || data === null || !('error' in data)) return ''
  const { error } = data
  if (typeof error !== 'object' || error === null) return ''
  return ['code', 'type'].map((name) => String(Reflect.get(error, name) ?? '')).join(' ')
}

function isNetworkError(error: unknown): boolean {
  return errorCodes(error).some((code) => /^(?:UND_ERR_|E[A-Z]+$)/.test(code))
}

/** The codes of an error and of the causes below it. */
function errorCodes(error: unknown): string[] {
  return causesOf(error).flatMap((cause) => {
    const own = 'code' in cause && typeof cause.code === 'string' ? [cause.code] : []
    return cause instanceof AggregateError ? [...own, ...cause.errors.flatMap(errorCodes)] : own
  })
}

/** An error and its causes, outermost first; the SDK wraps what it meets while it reads. */
function causesOf(error: unknown): Error[] {
  const causes: Error[] = []
  for (let current = error; current instanceof Error && causes.length < 8; current = current.cause) causes.push(current)
  return causes
}

function describeCause(error: unknown): string {
  const code = errorCodes(error)[0]
  const message = error instanceof Error ? error.message : ''
  if (message === '') return code === undefined ? 'The connection failed' : `The connection failed (${code})`
  return code === undefined || message.includes(code) ? message : `${message} (${code})`
}
