/**
 * Errors whose cause lies with the user, the configuration or the outside world.
 * What generated code does wrong is a value (`ExecutionResult`), and our own bugs are ordinary exceptions.
 */

export type Fault = 'user' | 'configuration' | 'environment' | 'model' | 'limit' | 'internal'

interface ErrorKind {
  readonly fault: Fault
  readonly exitCode: number
}

/**
 * Exit codes: 0 success, 1 the task failed, 2 usage, 3 missing key, 4 sandbox unavailable, 5 budget, 6 timeout,
 * 7 model unavailable, 8 store, 70 internal error, 130 interrupted.
 */
export const ERROR_KINDS = {
  invalid_request: { fault: 'user', exitCode: 2 },
  invalid_input_file: { fault: 'user', exitCode: 2 },
  invalid_configuration: { fault: 'configuration', exitCode: 2 },
  unknown_provider: { fault: 'configuration', exitCode: 2 },
  unknown_model: { fault: 'configuration', exitCode: 2 },
  unknown_tool: { fault: 'user', exitCode: 2 },
  unknown_run: { fault: 'user', exitCode: 2 },
  invalid_arguments: { fault: 'user', exitCode: 2 },
  missing_key: { fault: 'configuration', exitCode: 3 },
  authentication_failed: { fault: 'configuration', exitCode: 3 },
  sandbox_unavailable: { fault: 'environment', exitCode: 4 },
  sandbox_broken: { fault: 'environment', exitCode: 4 },
  model_unavailable: { fault: 'environment', exitCode: 7 },
  model_timeout: { fault: 'limit', exitCode: 6 },
  model_reply_invalid: { fault: 'model', exitCode: 1 },
  replay_mismatch: { fault: 'user', exitCode: 1 },
  budget_calls: { fault: 'limit', exitCode: 5 },
  budget_tokens: { fault: 'limit', exitCode: 5 },
  budget_cost: { fault: 'limit', exitCode: 5 },
  budget_executions: { fault: 'limit', exitCode: 5 },
  budget_time: { fault: 'limit', exitCode: 6 },
  run_failed: { fault: 'model', exitCode: 1 },
  tool_rejected: { fault: 'model', exitCode: 1 },
  cancelled: { fault: 'user', exitCode: 130 },
  store_unavailable: { fault: 'environment', exitCode: 8 },
  store_locked: { fault: 'environment', exitCode: 8 },
  store_read_only: { fault: 'environment', exitCode: 8 },
  store_corrupt: { fault: 'environment', exitCode: 8 },
  store_newer: { fault: 'environment', exitCode: 8 },
  disk_full: { fault: 'environment', exitCode: 8 },
  internal: { fault: 'internal', exitCode: 70 },
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof ERROR_KINDS

export interface ErrorOptions {
  /** What to do next, in one sentence that names the command, the variable or the choices. */
  hint?: string
  /** Structured facts for programs: the limit and the measured value, the path, the model's reply. */
  details?: Record<string, unknown>
  cause?: unknown
}

/** The one error class that handaxe throws on purpose. Programs read `code`, people read `message` and `hint`. */
export class HandaxeError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly details: Record<string, unknown>

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'HandaxeError'
    this.code = code
    this.hint = options.hint
    this.details = options.details ?? {}
  }

  get fault(): Fault {
    return ERROR_KINDS[this.code].fault
  }

  get exitCode(): number {
    return ERROR_KINDS[this.code].exitCode
  }

  /** Checks by brand, so that it also holds across two copies of the package. */
  static isInstance(value: unknown): value is HandaxeError {
    return value instanceof Error && value.name === 'HandaxeError' && 'code' in value
  }
}
