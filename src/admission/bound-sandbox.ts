import type { Limits } from '../contracts/limits.ts'
import type { Sandbox } from '../contracts/sandbox.ts'

export interface BoundSandbox {
  sandbox: Sandbox
  readonly executions: number
  /** Of the slowest execution so far: CPU milliseconds, and wall milliseconds from the hand-over of the code. */
  readonly slowest: { cpuMs: number; wallMs: number }
}

/** The sandbox with tighter limits for every execution, whoever asks for it, and a count of them. Closing it closes nothing. */
export function boundSandbox(sandbox: Sandbox, limits: Partial<Limits> = {}): BoundSandbox {
  let executions = 0
  const slowest = { cpuMs: 0, wallMs: 0 }
  return {
    sandbox: {
      guarantees: sandbox.guarantees,
      async execute(execution) {
        executions += 1
        const result = await sandbox.execute({ ...execution, limits: { ...execution.limits, ...limits } })
        slowest.cpuMs = Math.max(slowest.cpuMs, result.usage.cpuMs)
        slowest.wallMs = Math.max(slowest.wallMs, result.usage.wallMs)
        return result
      },
      close: () => Promise.resolve(),
    },
    get executions() {
      return executions
    },
    slowest,
  }
}
