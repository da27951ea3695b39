export { openAgent, type OpenAgentOptions } from './app/open-agent.ts'
export { ERROR_KINDS, HandaxeError, type ErrorCode, type Fault } from './contracts/errors.ts'
export { DEFAULT_BUDGET, DEFAULT_LIMITS, type Budget, type Limits } from './contracts/limits.ts'
export type { Agent, RepairOptions, Run } from './contracts/agent.ts'
export type { RunEvent, RunEventBody, RunEventType } from './contracts/events.ts'
export type { JsonObject, JsonSchema, JsonValue } from './contracts/json.ts'
export type { Library, ToolQuery } from './contracts/library.ts'
export type { AskForPackages, PackageQuestion } from './contracts/environment.ts'
export type {
  AttemptMeter,
  Gateway,
  Model,
  ModelReply,
  ModelRequest,
  RoutedCall,
  RoutedReply,
  Role,
  Tier,
  TokenUsage,
} from './contracts/models.ts'
export type { Plan, Step } from './contracts/plan.ts'
export type {
  MakePolicy,
  Observation,
  Request,
  RunOptions,
  RunRecord,
  RunResult,
  RunStatus,
  RunUsage,
} from './contracts/run.ts'
export type {
  Artifact,
  Execution,
  ExecutionLanguage,
  ExecutionResult,
  ExecutionStatus,
  Guarantees,
  InputFile,
  Sandbox,
  ToolLanguage,
  ToolModule,
} from './contracts/sandbox.ts'
export { ProgramError } from './contracts/program-error.ts'
export type { Store } from './contracts/store.ts'
export type {
  NewTool,
  ToolCandidate,
  ToolSignature,
  ToolState,
  ToolSummary,
  ToolTest,
  ToolVersion,
} from './contracts/tool.ts'
export { openLibrary } from './library/open-library.ts'
export { openSandbox, type SandboxOptions } from './sandbox/open-sandbox.ts'
export {
  openSession,
  type Session,
  type SessionExecution,
  type SessionOptions,
  type SessionReport,
  type SessionResult,
} from './sandbox/session/open-session.ts'
export { openStore } from './store/open-store.ts'
