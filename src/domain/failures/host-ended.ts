import type { ExecutionResult } from '../../contracts/sandbox.ts'

/** Code that used less than this share of its CPU time was waiting: for a busy machine, not for itself. */
const BUSY_SHARE = 0.5

/** True where the clock ended the code and the machine had given it little CPU time by then: that says nothing of the code. */
export function wasStarved({ status, usage, limits }: Pick<ExecutionResult, 'status' | 'usage' | 'limits'>): boolean {
  return status === 'timeout' && usage.cpuMs < BUSY_SHARE * Math.min(limits.cpuMs, limits.wallMs)
}

/** SIGKILL and SIGTERM come from outside: an abort, or the kernel. A crash names another signal. */
export function wasKilledFromOutside({ status, signal }: Pick<ExecutionResult, 'status' | 'signal'>): boolean {
  return status === 'killed' && (signal === null || signal === 'SIGKILL' || signal === 'SIGTERM')
}
