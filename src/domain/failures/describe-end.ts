import type { ExecutionResult } from '../../contracts/sandbox.ts'

const MIB = 1024 * 1024

/** How code was ended that reached a limit: the limit, and what it used. Null where it ended by itself. */
export function describeEnd({
  status,
  usage,
  limits,
  signal,
}: Pick<ExecutionResult, 'status' | 'usage' | 'limits' | 'signal'>): string | null {
  switch (status) {
    case 'timeout': {
      const used = `it used ${seconds(usage.cpuMs)} of CPU time in ${seconds(usage.wallMs)} by the clock`
      return `${used}; ${seconds(limits.cpuMs)} of CPU time and ${seconds(limits.wallMs)} by the clock are allowed`
    }
    case 'out-of-memory': {
      const used = Math.max(usage.peakMemoryBytes, limits.memoryBytes)
      return `it used ${mebibytes(used)} of memory; ${mebibytes(limits.memoryBytes)} are allowed`
    }
    case 'output-limit':
      return `it printed more than ${mebibytes(limits.outputBytes)}, which are allowed`
    case 'killed':
      return signal === null ? 'it was ended from outside' : `it was ended by ${signal}`
    case 'no-result':
    case 'ok':
    case 'error':
      return null
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`
}
