import type { Limits } from '../contracts/limits.ts'

const MIB = 1024 * 1024

/** Node starts eleven threads before the first line of a program, and some for files and name look-ups. */
export const NODE_THREADS = 24

/** What a Python that is kept warm has imported, without pandas and with it. */
export const PLAIN_MODULES = 'numpy asyncio csv datetime decimal re statistics subprocess typing'.split(' ')
export const TABLE_MODULES = [...PLAIN_MODULES, 'pandas']

/**
 * The environment of every process inside, whatever the backend. One thread each for the linear algebra: a fork of a
 * process with more of them can hang.
 */
export const GUEST_ENVIRONMENT = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  HOME: '/box',
  USER: 'sandbox',
  TMPDIR: '/tmp',
  LANG: 'C.UTF-8',
  TZ: 'UTC',
  PYTHONDONTWRITEBYTECODE: '1',
  MPLBACKEND: 'Agg',
  MPLCONFIGDIR: '/tmp/matplotlib',
  OPENBLAS_NUM_THREADS: '1',
  OMP_NUM_THREADS: '1',
  MKL_NUM_THREADS: '1',
  NUMEXPR_NUM_THREADS: '1',
  NUMEXPR_MAX_THREADS: '1',
} as const

/**
 * V8's heap may grow to the whole memory limit, which is then met before V8 meets its own: V8 can only abort, and that looks
 * like any other crash. Measured under 512 MB: a lower bound of its own ends programs earlier and saves none.
 */
export function nodeFlags(limits: Limits): string[] {
  const heapMiB = Math.max(16, Math.floor(limits.memoryBytes / MIB))
  return [`--max-old-space-size=${heapMiB}`, '--disable-proto=throw', '--no-warnings']
}
