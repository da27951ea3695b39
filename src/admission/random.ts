/** Numbers from 0 up to, not including, 1: the same ones for the same seed, on every machine. */
export type Random = () => number

/** Mulberry32 (T. Ettinger): 32 bits of state, good enough to choose with, no good for secrets. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** An integer from `low` to `high`, both included. */
export function pickInteger(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1))
}

/** One of `items`, which may not be empty. */
export function pickOne<Item>(random: Random, items: readonly Item[]): Item {
  const index = pickInteger(random, 0, items.length - 1)
  if (index >= items.length) throw new RangeError('There is nothing to pick from')
  return items[index] as Item
}

/** A new list in an order that the seed gives (Fisher and Yates). */
export function shuffle<Item>(random: Random, items: readonly Item[]): Item[] {
  const shuffled = [...items]
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = pickInteger(random, 0, last)
    const item = shuffled[last] as Item
    shuffled[last] = shuffled[other] as Item
    shuffled[other] = item
  }
  return shuffled
}
