import type { Execution } from '../contracts/sandbox.ts'
import type { OptionValues } from './command.ts'
import { numberOption } from './option-values.ts'

/** What `--timeout-ms`, `--cpu-ms` and `--memory-mb` ask for. */
export function limitOptions(options: OptionValues): NonNullable<Execution['limits']> {
  const wallMs = numberOption(options, 'timeout-ms', { whole: true })
  const cpuMs = numberOption(options, 'cpu-ms', { whole: true })
  const memoryMebibytes = numberOption(options, 'memory-mb', { whole: true })
  return {
    ...(wallMs === undefined ? {} : { wallMs }),
    // A longer wall time is asked for to compute longer: the CPU limit follows unless it is set too.
    ...(cpuMs !== undefined ? { cpuMs } : wallMs === undefined ? {} : { cpuMs: wallMs }),
    ...(memoryMebibytes === undefined ? {} : { memoryBytes: memoryMebibytes * 1024 * 1024 }),
  }
}
