import type { JsonObject, JsonSchema, JsonValue } from './json.ts'
import type { Limits } from './limits.ts'
import type { NetworkPolicy, NetworkReport } from './network.ts'

export type { NetworkPolicy } from './network.ts'

export type ToolLanguage = 'python' | 'javascript'
export type ExecutionLanguage = ToolLanguage | 'typescript'

/** Where an execution finds its files: the same in every backend. */
export const GUEST_PATHS = { box: '/box', input: '/box/input', output: '/box/output' } as const

export type BackendName = 'linux' | 'docker' | 'e2b'

/** What is really enforced on this machine; measured at start-up, never assumed. */
export interface Guarantees {
  backend: BackendName
  /** By what the code is kept from the host. */
  isolation: 'namespaces' | 'container' | 'gvisor' | 'microvm'
  /** Which system calls the code can reach. */
  systemCalls: 'allow-list' | 'own-kernel'
  memory: 'cgroup2' | 'cgroup1' | 'rlimit' | 'container' | 'microvm'
  processes: 'cgroup2' | 'cgroup1' | 'rlimit' | 'container' | 'microvm'
  cpu: 'cgroup2' | 'cgroup1' | 'rlimit' | 'container' | 'microvm'
  network: 'none' | 'allow-list'
  /** True where the host user that the code runs as has no rights of its own. */
  unprivilegedUser: boolean
  /** True where every execution gets new processes, namespaces and files. */
  freshPerExecution: boolean
  /** What is weaker here than it could be, one sentence each, with the remedy. */
  notes: string[]
}

/**
 * A file that the code finds read-only at `/box/input/<name>`; `name` is one path component. `path` may be a folder: then all
 * that is in it lies below that name. Symbolic links in it stay links, and those that lead out of it are left out.
 */
export type InputFile = { name: string; path: string } | { name: string; content: string | Uint8Array }

/** A tool that the code can import: `from tools import <name>` or `import { <name> } from 'tools'`. */
export interface ToolModule {
  name: string
  language: ToolLanguage
  code: string
  /** The function in `code` that is exported under `name`. */
  function: string
}

/**
 * A function of the host that the code may call: `import host` and `host.<name>(**arguments)` in Python, or
 * `await host.aio.<name>(**arguments)`; `import host from 'host'` and `await host.<name>({ … })` in JavaScript.
 * It acts with the host's rights for code that may be hostile. What it throws is an exception of the code, `HostError`, that
 * says no more than that the function failed: the message of a driver may hold a password. Throw a `ProgramError` for what the
 * program is meant to read.
 */
export interface HostFunction {
  /** A name in both languages; JavaScript finds it in camelCase too. */
  name: string
  description: string
  /**
   * Arguments are checked against it on the host; a number that JSON cannot hold fits no `number`. The check runs on
   * hostile text of up to `limits.hostInputBytes`: a `pattern` that backtracks costs the host's time.
   */
  inputSchema: JsonSchema
  /** `signal` is aborted when the execution ends, which does not wait for calls under way. */
  execute(input: JsonValue, options: { signal: AbortSignal }): Promise<JsonValue>
}

export interface Execution {
  language: ExecutionLanguage
  code: string
  /** Calls this function of the code with named arguments; its result is the value. Without it the program is run. */
  call?: { function: string; arguments: JsonObject }
  inputs?: InputFile[]
  tools?: ToolModule[]
  host?: HostFunction[]
  limits?: Partial<Limits>
  /** Absent: none. */
  network?: NetworkPolicy
  /** Name of a package environment of the code's language, which the code can import from. */
  environment?: string
  /**
   * Host folder that receives the artifacts; files of the same names are replaced, nothing is written through a link. Without
   * it they lie in a folder that `close()` removes.
   */
  artifactsFolder?: string
  /** Called with every piece of output as it appears, up to `limits.outputBytes`. */
  onOutput?: (stream: 'stdout' | 'stderr', text: string) => void
  signal?: AbortSignal
}

/** Decided by the host from kernel facts. What the code says of itself is only the value. */
export type ExecutionStatus =
  | 'ok'
  | 'error' // the code raised, or ended with another exit code than 0
  | 'timeout' // wall or CPU time
  | 'out-of-memory'
  | 'killed' // by a signal that the host did not send, or by the caller's abort
  | 'output-limit'
  | 'no-result' // it ended without raising and without the value that was asked for

/** Output as captured: the whole text in `head` where `truncated` is false. Invalid UTF-8 is replaced by U+FFFD. */
export interface CapturedText {
  head: string
  tail: string
  /** Bytes that the program really wrote, as far as they were read. */
  totalBytes: number
  truncated: boolean
}

export interface Artifact {
  /** Path below the output folder, with `/`; printable characters only. */
  name: string
  bytes: number
  sha256: string
  mediaType: string
  /** Where it lies on the host. */
  path: string
}

export interface DroppedArtifact {
  name: string
  /** `in-the-way`: on the host a link, a folder or a hidden folder stands in its place. */
  reason: 'not-regular' | 'too-large' | 'too-many' | 'unsafe-name' | 'too-deep' | 'unreadable' | 'in-the-way'
}

export interface ExecutionError {
  /** Name of the exception's class, or of the limit. */
  type: string
  message: string
  traceback: string
}

export interface ExecutionUsage {
  wallMs: number
  cpuMs: number
  peakMemoryBytes: number
  /** From `execute()` to the hand-over of the code: the wait for a free, warm sandbox. */
  startupMs: number
}

export interface ExecutionResult {
  status: ExecutionStatus
  /** The value of the call, or what the program gave to `result(value)`; absent where there is none. */
  value?: JsonValue
  /** What a reader of the value should know, in sentences: where labels were the same as text, and so given as pairs. */
  notes?: string[]
  stdout: CapturedText
  stderr: CapturedText
  error?: ExecutionError
  exitCode: number | null
  signal: string | null
  artifacts: Artifact[]
  droppedArtifacts: DroppedArtifact[]
  usage: ExecutionUsage
  /** Where the execution had a network: what was asked for and what became of it. */
  network?: NetworkReport
  limits: Limits
  /** Those of the sandbox; `network` is `allow-list` where this execution had one. */
  guarantees: Guarantees
}

/** Makes sandboxes that live for one execution. Any number of executions may be under way; they wait for their turn. */
export interface Sandbox {
  readonly guarantees: Guarantees
  /**
   * Never rejects for what the code did. Rejects with `HandaxeError`: `sandbox_unavailable`, `sandbox_broken`,
   * `invalid_input_file`, `invalid_arguments` (a bad Execution, a folder for artifacts that cannot be written), `disk_full`,
   * `cancelled` where `signal` was aborted before the start.
   */
  execute(execution: Execution): Promise<ExecutionResult>
  /** Leaves no process, mount, cgroup or file behind. Executions under way end as `killed`. Safe to call twice. */
  close(): Promise<void>
}
