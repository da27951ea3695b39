/** Of one tool: with more keepers that look alike nothing is gained, and the time has no bound. */
const MOST_CANDIDATES = 5

export interface Clustering<Item, Found> {
  /** Items that do the same as the one that is kept, each held against that one. */
  clusters: { keep: Item; others: { item: Item; found: Found }[] }[]
  /** Pairs that look alike and are not. */
  different: { item: Item; keep: Item; found: Found }[]
  compared: number
  /** Pairs that would have been compared but for the bound. */
  notCompared: number
}

export interface ClusterOptions<Item, Found> {
  /** Items to hold it against, likeliest first; only those that came before it are. */
  candidatesOf: (item: Item) => Promise<Item[]>
  compare: (item: Item, keep: Item) => Promise<{ isSame: boolean; found: Found }>
  maximumComparisons: number
}

/**
 * Sorts items into those that are kept and those that do the same as one of them. `items`: the best first. Sameness is never
 * passed on: each item was compared with the one that is kept in its place.
 */
export async function clusterTools<Item, Found>(
  items: readonly Item[],
  { candidatesOf, compare, maximumComparisons }: ClusterOptions<Item, Found>,
): Promise<Clustering<Item, Found>> {
  const others = new Map<Item, { item: Item; found: Found }[]>()
  const different: Clustering<Item, Found>['different'] = []
  let compared = 0
  let notCompared = 0
  for (const item of items) {
    const candidates = (await candidatesOf(item)).filter((candidate) => others.has(candidate))
    let keeper: Item | null = null
    for (const candidate of candidates.slice(0, MOST_CANDIDATES)) {
      if (compared >= maximumComparisons) {
        notCompared += 1
        continue
      }
      compared += 1
      const { isSame, found } = await compare(item, candidate)
      if (isSame) {
        keeper = candidate
        others.get(candidate)?.push({ item, found })
        break
      }
      different.push({ item, keep: candidate, found })
    }
    notCompared += Math.max(0, candidates.length - MOST_CANDIDATES)
    if (keeper === null) others.set(item, [])
  }
  const clusters = [...others].flatMap(([keep, same]) => (same.length === 0 ? [] : [{ keep, others: same }]))
  return { clusters, different, compared, notCompared }
}
