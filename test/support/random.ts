/**
 * Numbers of [0, 1) that a seed repeats: mulberry32, public domain, by Tommy Ettinger. Good enough for moments and
 * choices in tests; a failure prints the seed.
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** HANDAXE_SEED repeats what a failure printed; otherwise every run has another. */
export function testSeed(): number {
  return Number(process.env['HANDAXE_SEED'] ?? Date.now() % 2 ** 31)
}
