/** `npm run test:all` sets it; `npm test` takes the small sizes. */
const isFull = process.env['HANDAXE_FULL_SIZE'] === '1'

function size(small: number, full: number, asked?: string): number {
  return asked === undefined || asked === '' ? (isFull ? full : small) : Number(asked)
}

/** Cases of each fuzz test in all. HANDAXE_FUZZ asks for more or fewer. */
export const FUZZ_CASES = size(8_000, 100_000, process.env['HANDAXE_FUZZ'])

/** Batches of eight connections at once, each of some 50 ms, for the proxy. */
export const PROXY_FUZZ_BATCHES = size(60, 300)

/** Executions of the soak, eight at a time. HANDAXE_SOAK asks for more or fewer. */
export const SOAK_EXECUTIONS = size(100, 10_000, process.env['HANDAXE_SOAK'])

/** Executions that the soak starts in one moment. */
export const EXECUTIONS_AT_ONCE = size(80, 200)

/** How often a host is killed. */
export const KILLED_HOSTS = size(2, 20)
