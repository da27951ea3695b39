import { HandaxeError } from '../contracts/errors.ts'
import { DEFAULT_LIMITS } from '../contracts/limits.ts'
import type { Execution } from '../contracts/sandbox.ts'
import type { OptionValues } from './command.ts'
import { listOption, numberOption } from './option-values.ts'

/** What `--timeout-ms`, `--cpu-ms`, `--memory-mb` and `--limit` ask for. */
export function limitOptions(options: OptionValues): NonNullable<Execution['limits']> {
  const wallMs = numberOption(options, 'timeout-ms', { whole: true })
  const cpuMs = numberOption(options, 'cpu-ms', { whole: true })
  const memoryMebibytes = numberOption(options, 'memory-mb', { whole: true })
  return {
    ...(wallMs === undefined ? {} : { wallMs }),
    // A longer wall time is asked for to compute longer: the CPU limit follows unless it is set too.
    ...(cpuMs !== undefined ? { cpuMs } : wallMs === undefined ? {} : { cpuMs: wallMs }),
    ...(memoryMebibytes === undefined ? {} : { memoryBytes: memoryMebibytes * 1024 * 1024 }),
    ...Object.fromEntries(listOption(options, 'limit').map(readLimit)),
  }
}

const FACTORS: Record<string, number> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }

function readLimit(text: string): [string, number] {
  const [, name = '', digits = '', suffix = ''] = /^([a-zA-Z]+)=(\d{1,15})([kmgKMG]?)$/.exec(text) ?? []
  const known = Object.keys(DEFAULT_LIMITS)
  if (!known.includes(name) || (suffix !== '' && !name.endsWith('Bytes'))) {
    throw new HandaxeError('invalid_request', `--limit cannot be ${JSON.stringify(text)}`, {
      hint: `Write NAME=N, for bytes also with K, M or G. Names: ${known.join(', ')}`,
    })
  }
  return [name, Number(digits) * (FACTORS[suffix.toLowerCase()] ?? 1)]
}
