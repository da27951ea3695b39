import { AttemptFailure, createProblem } from './problem.ts'

/** Node fires a timer at once when it is asked for more than this. */
const MAX_TIMER_MS = 2_147_483_647

export interface AttemptClock {
  /** Aborts what the attempt has open. */
  readonly signal: AbortSignal
  /** Rejects when the attempt has to end: with `AttemptFailure` for a bound, with `signal.reason` for the caller's abort. */
  readonly expired: Promise<never>
  /** Something came in. */
  touch(): void
  /** The reply itself has begun: from now on silence counts. */
  begin(): void
  /** Frees the timers and closes what is still open. */
  stop(): void
}

/**
 * The bounds of one attempt: `timeoutMs` for all of it, and, once the reply has begun, `stallMs` between two signs of
 * life. Before that a model may think in silence for as long as the attempt may take.
 */
export function startAttemptClock(bounds: {
  timeoutMs: number
  stallMs: number
  signal?: AbortSignal | undefined
}): AttemptClock {
  const { timeoutMs, stallMs, signal: outer } = bounds
  const controller = new AbortController()
  const { promise: expired, reject } = Promise.withResolvers<never>()
  // Whoever races against it sees the rejection; once the attempt is over nobody needs to.
  expired.catch(() => undefined)

  const end = (reason: unknown): void => {
    reject(reason)
    controller.abort(reason)
  }
  const expire = (message: string): void => end(new AttemptFailure(createProblem('timeout', message)))
  const total = setTimeout(() => expire(`No complete reply within ${timeoutMs} ms`), Math.min(timeoutMs, MAX_TIMER_MS))
  let stall: NodeJS.Timeout | undefined
  const onAbort = (): void => end(outer?.reason)
  if (outer?.aborted) onAbort()
  else outer?.addEventListener('abort', onAbort, { once: true })

  return {
    signal: controller.signal,
    expired,
    touch: () => void stall?.refresh(),
    begin() {
      if (controller.signal.aborted) return
      stall ??= setTimeout(
        () => expire(`Nothing came for ${stallMs} ms in the middle of the reply`),
        Math.min(stallMs, MAX_TIMER_MS),
      )
    },
    stop() {
      clearTimeout(total)
      clearTimeout(stall)
      outer?.removeEventListener('abort', onAbort)
      controller.abort()
    },
  }
}
