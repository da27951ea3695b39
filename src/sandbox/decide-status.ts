import type { Limits } from '../contracts/limits.ts'
import type { ExecutionError, ExecutionStatus } from '../contracts/sandbox.ts'
import type { Claim } from './parse-claim.ts'

/** Why the host ended an execution before it had ended by itself. */
export type StopReason = 'wall-time' | 'cpu-time' | 'output' | 'memory' | 'protocol' | 'aborted' | 'closed'

/** What the kernel and the host's own clock and counters say. */
export interface Facts {
  stopReason: StopReason | null
  /** Processes that the kernel killed because the memory limit was reached. */
  outOfMemoryKills: number
  cpuMs: number
  /** How the first process ended; null where the host killed it because it had its result. */
  end: { exitCode: number | null; signal: string | null } | null
}

export interface Verdict {
  status: ExecutionStatus
  error?: ExecutionError
  exitCode: number | null
  signal: string | null
}

/** The status of an execution. A claim counts only where no fact speaks against it. */
export function decideStatus(facts: Facts, claim: Claim | null, callAsked: boolean, limits: Limits): Verdict {
  const end = facts.end ?? { exitCode: null, signal: null }
  const stopped = { exitCode: null, signal: 'SIGKILL' }
  if (facts.stopReason === 'aborted' || facts.stopReason === 'closed') {
    return { status: 'killed', error: failure('Aborted', 'the caller ended the execution'), ...stopped }
  }
  if (facts.outOfMemoryKills > 0 || facts.stopReason === 'memory') {
    return {
      status: 'out-of-memory',
      error: exceeded('memoryBytes', limits.memoryBytes, 'bytes of memory'),
      ...stopped,
    }
  }
  if (facts.stopReason === 'wall-time') {
    return { status: 'timeout', error: exceeded('wallMs', limits.wallMs, 'ms of wall time'), ...stopped }
  }
  if (facts.stopReason === 'cpu-time' || (claim === null && facts.cpuMs >= limits.cpuMs)) {
    return { status: 'timeout', error: exceeded('cpuMs', limits.cpuMs, 'ms of CPU time'), ...stopped }
  }
  if (facts.stopReason === 'output') {
    return { status: 'output-limit', error: exceeded('outputBytes', limits.outputBytes, 'bytes of output'), ...stopped }
  }
  if (facts.stopReason === 'protocol') {
    return { status: 'error', error: failure('InvalidResult', 'the result could not be read'), ...stopped }
  }
  if (claim !== null) return fromClaim(claim, callAsked)
  return fromEnd(end, callAsked)
}

function fromClaim(claim: Claim, callAsked: boolean): Verdict {
  if (!claim.ok && claim.signal !== undefined) {
    return { status: 'killed', error: claim.error, exitCode: null, signal: claim.signal }
  }
  if (!claim.ok) return { status: 'error', error: claim.error, exitCode: claim.exitCode ?? 1, signal: null }
  if (callAsked && claim.value === undefined) return { ...noResult(callAsked), exitCode: 0, signal: null }
  return { status: 'ok', exitCode: 0, signal: null }
}

function fromEnd(end: { exitCode: number | null; signal: string | null }, callAsked: boolean): Verdict {
  if (end.signal !== null) {
    return {
      status: 'killed',
      error: failure(end.signal, `the process was ended by ${describeSignal(end.signal)}`),
      ...end,
    }
  }
  if (end.exitCode !== 0) {
    return { status: 'error', error: failure('ExitCode', `the process ended with exit code ${end.exitCode}`), ...end }
  }
  return { ...noResult(callAsked), ...end }
}

function describeSignal(signal: string): string {
  return signal === 'SIGSEGV' ? 'SIGSEGV: a crash in native code, or an abort() there' : signal
}

function noResult(callAsked: boolean): Pick<Verdict, 'status' | 'error'> {
  const message = callAsked
    ? 'the program ended without the value that was asked for'
    : 'the program left with exit code 0 before its end: what it printed and wrote is here, a value that it gave to result() is not'
  return { status: 'no-result', error: failure('NoResult', message) }
}

function exceeded(limit: keyof Limits, value: number, unit: string): ExecutionError {
  return failure(limit, `the limit of ${value} ${unit} was reached`)
}

function failure(type: string, message: string): ExecutionError {
  return { type, message, traceback: '' }
}
