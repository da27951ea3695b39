/**
 * Closes parts one after the other, in this order, and every one of them, whatever the others do. Then rejects with an
 * `AggregateError` of what was thrown, if anything was.
 */
export async function closeAll(closers: readonly (() => Promise<void> | void)[]): Promise<void> {
  const errors: unknown[] = []
  for (const close of closers) {
    try {
      await close()
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) {
    const reasons = errors.map((error) => (error instanceof Error ? error.message : String(error)))
    throw new AggregateError(
      errors,
      `${errors.length} of ${closers.length} parts could not be closed: ${reasons.join('; ')}`,
    )
  }
}
