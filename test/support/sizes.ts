/** `npm run test:all` sets it; `npm test` takes the small sizes. */
export const isFullSize = process.env['HANDAXE_FULL_SIZE'] === '1'

function size(small: number, full: number, asked?: string): number {
  return asked === undefined || asked === '' ? (isFullSize ? full : small) : Number(asked)
}

/** A part of a corpus, spread over it; at full size all of it. */
export function sampleOf<Item>(corpus: readonly Item[], count: number): Item[] {
  if (isFullSize || corpus.length <= count) return [...corpus]
  return Array.from({ length: count }, (_, index) => corpus[Math.floor((index * corpus.length) / count)] as Item)
}

/** Cases of each fuzz test in all. HANDAXE_FUZZ asks for more or fewer. */
export const FUZZ_CASES = size(8_000, 100_000, process.env['HANDAXE_FUZZ'])

/** Batches of eight connections at once, each of some 50 ms, for the proxy. */
export const PROXY_FUZZ_BATCHES = size(60, 300)

/** Executions of the soak, eight at a time. HANDAXE_SOAK asks for more or fewer. */
export const SOAK_EXECUTIONS = size(100, 10_000, process.env['HANDAXE_SOAK'])

/** Executions that the soak starts in one moment. */
export const EXECUTIONS_AT_ONCE = size(80, 200)

/** Executions of zygotes that are replaced after ten. */
export const REPLACED_ZYGOTE_EXECUTIONS = size(120, 300)

/** Versions that each of two processes writes into one new store. */
export const WRITES_OF_TWO = size(100, 500)

/** How often a host is killed. */
export const KILLED_HOSTS = size(2, 20)

/** One test in so many of a file of the group `sampled` runs in `npm test`; all of them in `npm run test:all`. */
export const SAMPLED_SHARE = 6
