/**
 * Like `Promise.all`, but waits until every piece of work has ended before it gives the first error: nothing goes on
 * behind the caller's back.
 */
export async function allSettled<const T extends readonly Promise<unknown>[]>(
  work: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(work)
  return Promise.all(work) as Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }>
}
