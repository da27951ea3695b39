import type { Execution, ExecutionResult, Sandbox } from '../../src/contracts/sandbox.ts'

/**
 * The sandbox on a machine that gives little CPU time: executions that `starves` picks end at the wall clock after 100 ms of
 * it. The others are real.
 */
export function slowSandbox(
  sandbox: Sandbox,
  starves: (execution: Execution, running: number) => boolean,
): Sandbox & { starved: number } {
  let running = 0
  const slow = {
    guarantees: sandbox.guarantees,
    starved: 0,
    async execute(execution: Execution): Promise<ExecutionResult> {
      running += 1
      const isStarved = starves(execution, running)
      try {
        const result = await sandbox.execute(execution)
        if (!isStarved) return result
        slow.starved += 1
        const { value: _, ...rest } = result
        const { limits } = result
        const error = {
          type: 'wallMs',
          message: `the limit of ${limits.wallMs} ms of wall time was reached`,
          traceback: '',
        }
        const usage = { ...result.usage, cpuMs: 100, wallMs: limits.wallMs }
        return { ...rest, status: 'timeout', error, usage, exitCode: null, signal: 'SIGKILL' }
      } finally {
        running -= 1
      }
    },
    close: () => sandbox.close(),
  }
  return slow
}
