/**
 * Does `act` for every item, at most `limit` at a time, and gives the results in the items' order. After the first error
 * nothing new begins; it is thrown when what was under way has ended.
 */
export async function mapLimited<Item, Result>(
  items: readonly Item[],
  limit: number,
  act: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  let next = 0
  let failed = false
  const work = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const index = next
      next += 1
      try {
        results[index] = await act(items[index] as Item, index)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const workers = Array.from({ length: Math.min(limit, items.length) }, work)
  await Promise.allSettled(workers)
  await Promise.all(workers)
  return results
}
