import { hostname } from 'node:os'
import type { RunRecord, RunStatus } from '../contracts/run.ts'
import { readBootId, readPidNamespace, readStartTicks } from '../util/run-owner.ts'

/** `interrupted`: its process is gone; `unknown`: it runs, or ran, where this process cannot look. */
export type RunState = RunStatus | 'interrupted' | 'unknown'

/** What this machine is, for `runState`; tests give others. */
export interface Surroundings {
  host: string
  bootId: string | null
  pidNamespace: string | null
  /** Of a process of this pid namespace; null where there is none. */
  startTicks(pid: number): string | null
  /** Whether there is a process of this id, for systems that do not tell when it started. */
  exists(pid: number): boolean
}

/** How a run stands: the journal says `running` also of one whose process was killed. */
export function runState(
  { status, host, processId, owner }: Pick<RunRecord, 'status' | 'host' | 'processId' | 'owner'>,
  here: Surroundings = surroundings(),
): RunState {
  if (status !== 'running') return status
  if (owner === undefined || owner === null) {
    // A record of an older version, or of a system that tells no more than ids.
    if (host !== here.host) return 'unknown'
    return here.exists(processId) ? 'running' : 'interrupted'
  }
  if (owner.bootId !== here.bootId) return host === here.host ? 'interrupted' : 'unknown'
  // Another container on this machine: its ids mean nothing here.
  if (owner.pidNamespace !== here.pidNamespace) return 'unknown'
  return here.startTicks(processId) === owner.startTicks ? 'running' : 'interrupted'
}

function surroundings(): Surroundings {
  return {
    host: hostname(),
    bootId: readBootId(),
    pidNamespace: readPidNamespace(),
    startTicks: readStartTicks,
    exists(pid) {
      try {
        process.kill(pid, 0)
        return true
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === 'EPERM'
      }
    },
  }
}
