import { setTimeout as delay } from 'node:timers/promises'

/** How long work may take to end by itself once it was told to: the sandbox kills and reports within this. */
const GRACE_MS = 400

/**
 * The outcome of `work`, or the signal's reason when it is aborted. Work gets a short time to end cleanly; work that does
 * not listen is left behind with its outcome unread, so that a run always ends within a second of its cancellation.
 */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<'aborted'>()
  const onAbort = (): void => aborted.resolve('aborted')
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  const settled = work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  try {
    const first = await Promise.race([settled, aborted.promise])
    const outcome = first === 'aborted' ? await waitOut(settled) : first
    // An outcome that came in time counts only if nobody wanted the work to end.
    signal.throwIfAborted()
    if (outcome === undefined) throw signal.reason
    if ('error' in outcome) throw outcome.error
    return outcome.value
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

async function waitOut<T>(settled: Promise<T>): Promise<T | undefined> {
  const timer = new AbortController()
  const grace = delay(GRACE_MS, undefined, { signal: timer.signal }).catch(() => undefined)
  try {
    return await Promise.race([settled, grace])
  } finally {
    timer.abort()
  }
}
