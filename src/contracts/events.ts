import type { PackageQuestion } from './environment.ts'
import type { ErrorCode } from './errors.ts'
import type { Role, Tier, TokenUsage } from './models.ts'
import type { Plan } from './plan.ts'
import type { InspectedFile, Observation, RunResult, ToolSpecification } from './run.ts'
import type { ExecutionLanguage, ExecutionResult, ToolLanguage } from './sandbox.ts'
import type { AdmissionRecord, ToolTest } from './tool.ts'

/** What a run reports, without the envelope. Every front, the journal and the tests read this one stream. */
export type RunEventBody =
  | { type: 'run-started'; request: string; files: string[]; notice: string | null }
  | { type: 'inputs-inspected'; files: InspectedFile[]; wallMs: number }
  | {
      type: 'tools-retrieved'
      total: number
      candidates: { name: string; version: number; summary: string; score: number }[]
    }
  /** Programs that solved similar requests, of which no tool was made yet: the planner is shown them. */
  | { type: 'instances-found'; scripts: { id: string; request: string; score: number }[] }
  | { type: 'plan-ready'; plan: Plan; attempt: number }
  | { type: 'step-started'; stepId: string; decision: 'reuse' | 'make' | 'script'; goal: string }
  | {
      type: 'tests-written'
      stepId: string
      tool: string
      tests: ToolTest[]
      dropped: { name: string; reason: string }[]
    }
  | {
      type: 'code-written'
      stepId: string
      language: ExecutionLanguage
      code: string
      attempt: number
      specification: ToolSpecification | null
    }
  | { type: 'code-rejected'; stepId: string; attempt: number; problems: string[] }
  | { type: 'test-passed'; stepId: string; test: string; wallMs: number }
  /** `undecided`: this machine was too busy to judge it, twice; that is not held against the code. */
  | { type: 'test-failed'; stepId: string; test: string; reason: string; wallMs: number; undecided?: true }
  /** A tool that passed its tests was checked further, before it is kept. */
  | {
      type: 'tool-checked'
      stepId: string
      tool: string
      decision: 'admit' | 'reuse' | 'strengthen-tests' | 'refuse'
      /** What was found, a sentence each. */
      findings: string[]
      checks: Pick<AdmissionRecord, 'mutants' | 'repeatedCalls' | 'review' | 'neighbours' | 'stopped' | 'checks'>
      wallMs: number
    }
  /** A tool of the library does what was to be made: it is used instead, and nothing is kept. */
  | { type: 'twin-found'; stepId: string; tool: string; name: string; version: number; reason: string }
  | { type: 'tool-saved'; stepId: string; name: string; version: number; tests: number; saved: boolean }
  | { type: 'tool-reused'; stepId: string; name: string; version: number }
  | { type: 'execution-started'; stepId: string; language: ExecutionLanguage; purpose: 'test' | 'use' | 'script' }
  | { type: 'output'; stepId: string; stream: 'stdout' | 'stderr'; text: string }
  | {
      type: 'execution-finished'
      stepId: string
      purpose: 'use' | 'script'
      result: ExecutionResult
      observation: Observation
    }
  | {
      type: 'model-called'
      role: Role
      tier: Tier
      model: string
      purpose: string
      usage: TokenUsage
      costUsd: number | null
      wallMs: number
      attempts: number
      reply: string
    }
  /** A call that brought no reply. `usage` is what its attempts used all the same; null where nothing was billed. */
  | {
      type: 'model-failed'
      role: Role
      purpose: string
      usage: TokenUsage | null
      costUsd: number | null
      wallMs: number
      code: ErrorCode
      problem: string
    }
  /** A search asked an embedding model for vectors. It counts as a call. `problem`: why none came. */
  | {
      type: 'embedding-called'
      model: string
      usage: { inputTokens: number; reported: boolean }
      costUsd: number | null
      wallMs: number
      attempts: number
      problem: string | null
    }
  | { type: 'model-reply-rejected'; role: Role; purpose: string; problem: string; attempt: number }
  | { type: 'replanned'; reason: string; attempt: number }
  | {
      type: 'budget-warned'
      limit: 'modelCalls' | 'tokens' | 'costUsd' | 'wallMs' | 'executions'
      used: number
      allowed: number
    }
  /** The user is asked; the answer is the `approval-given` with the same id. */
  | { type: 'approval-requested'; approvalId: string; subject: 'packages'; question: PackageQuestion }
  | { type: 'approval-given'; approvalId: string; granted: boolean }
  /** Packages that code imports were added for the rest of the run, or why they are not there. */
  | {
      type: 'packages-provided'
      language: ToolLanguage
      packages: string[]
      environment: string | null
      reason: string | null
    }
  | { type: 'step-finished'; stepId: string; succeeded: boolean }
  | { type: 'answer-delta'; text: string }
  | { type: 'warning'; code: ErrorCode | 'price_unknown' | 'usage_estimated' | 'tool_quarantined'; message: string }
  | { type: 'run-finished'; result: RunResult }

export interface RunEventEnvelope {
  runId: string
  /** ISO 8601. */
  at: string
  /** Counts from 1 within the run, without gaps. */
  sequence: number
}

export type RunEvent = RunEventEnvelope & RunEventBody
export type RunEventType = RunEventBody['type']
