import { HandaxeError } from '../../../contracts/errors.ts'

/** Python with numpy and pandas, and 2 GB of memory: E2B's own default has neither. */
export const DEFAULT_TEMPLATE = 'code-interpreter-v1'
export const KEY_URL = 'https://e2b.dev/dashboard?tab=keys'
const DEFAULT_DOMAIN = 'e2b.app'
/** A forgotten sandbox costs money for so long at the most. */
const DEFAULT_TIME_TO_LIVE_MS = 5 * 60_000
const SHORTEST_TIME_TO_LIVE_MS = 15_000
/** E2B's own longest life, of the plan that has the longest. */
const LONGEST_TIME_TO_LIVE_MS = 24 * 3_600_000
const REQUEST_TIMEOUT_MS = 60_000

export interface E2bOptions {
  /**
   * Name or id of an E2B template with `python3` from 3.10 on, and `node` from 24 on for JavaScript. Default: the variable
   * HANDAXE_E2B_TEMPLATE, or E2B's own with pandas. Whoever made it sees all that is executed in it.
   */
  template?: string
  /**
   * `session` (default): executions are fresh jailed processes in one cloud sandbox. `execution`: each gets a cloud
   * sandbox of its own, which takes longer and costs more.
   */
  sandboxPer?: 'session' | 'execution'
  /** Time without use after which the cloud ends a sandbox by itself, even if this machine is gone. Default 5 minutes. */
  timeToLiveMs?: number
  /** Longest wait for an answer of E2B. Default one minute. */
  requestTimeoutMs?: number
}

export interface CloudSettings {
  apiKey: string
  domain: string
  apiUrl: string
  sandboxUrl: string | null
  template: string
  sandboxPer: 'session' | 'execution'
  timeToLiveMs: number
  requestTimeoutMs: number
}

/**
 * E2B_API_KEY, E2B_DOMAIN, E2B_API_URL and E2B_SANDBOX_URL as E2B's own tools read them. Throws `sandbox_unavailable`, or
 * `invalid_configuration` for a time to live that E2B does not have.
 */
export function resolveCloudSettings(
  options: E2bOptions,
  environment: Record<string, string | undefined>,
): CloudSettings {
  const apiKey = environment['E2B_API_KEY']
  if (apiKey === undefined || apiKey === '') {
    throw new HandaxeError('sandbox_unavailable', 'The e2b sandbox needs a key, and E2B_API_KEY is not set', {
      hint: `Get a key at ${KEY_URL} and set E2B_API_KEY, or use another backend`,
      details: { variable: 'E2B_API_KEY' },
    })
  }
  const timeToLiveMs = options.timeToLiveMs ?? DEFAULT_TIME_TO_LIVE_MS
  if (!(timeToLiveMs >= SHORTEST_TIME_TO_LIVE_MS && timeToLiveMs <= LONGEST_TIME_TO_LIVE_MS)) {
    throw new HandaxeError('invalid_configuration', `timeToLiveMs of e2b cannot be ${timeToLiveMs}`, {
      hint: `Choose from ${SHORTEST_TIME_TO_LIVE_MS} to ${LONGEST_TIME_TO_LIVE_MS} ms`,
    })
  }
  const domain = environment['E2B_DOMAIN'] || DEFAULT_DOMAIN
  return {
    apiKey,
    domain,
    apiUrl: environment['E2B_API_URL'] || `https://api.${domain}`,
    sandboxUrl: environment['E2B_SANDBOX_URL'] || null,
    template: options.template ?? (environment['HANDAXE_E2B_TEMPLATE'] || DEFAULT_TEMPLATE),
    sandboxPer: options.sandboxPer ?? 'session',
    timeToLiveMs,
    requestTimeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
  }
}
