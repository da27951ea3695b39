import type { Limits } from '../contracts/limits.ts'
import type { Execution } from '../contracts/sandbox.ts'

/** What a guest is told of its only execution. */
export function requestFrame(execution: Execution, limits: Limits): object {
  return {
    type: 'execute',
    language: execution.language,
    code: execution.code,
    call: execution.call ?? null,
    tools: execution.tools ?? [],
    host: (execution.host ?? []).map(({ name, description }) => ({ name, description })),
    hostLimits: { calls: limits.hostCalls, inFlight: limits.hostCallsInFlight, inputBytes: limits.hostInputBytes },
    valueBytes: limits.valueBytes,
  }
}
