import type { Step } from '../../contracts/plan.ts'
import type { Observation } from '../../contracts/run.ts'
import type { ExecutionLanguage, ExecutionResult } from '../../contracts/sandbox.ts'
import type { ToolVersion } from '../../contracts/tool.ts'

/** How a step came out. */
export interface StepReport {
  step: Step
  observation: Observation
  /** Of the execution that counts; null where nothing was executed. */
  result: ExecutionResult | null
  tool: Pick<ToolVersion, 'name' | 'version'> | null
  /** Of a script: the code that was executed last. */
  program?: { code: string; language: ExecutionLanguage }
}

export function succeeded({ observation }: StepReport): boolean {
  return observation.status === 'ok'
}
