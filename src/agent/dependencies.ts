import type { Library } from '../contracts/library.ts'
import type { Gateway } from '../contracts/models.ts'
import type { ToolSpecification } from '../contracts/run.ts'
import type { Sandbox, ToolLanguage } from '../contracts/sandbox.ts'
import type { JournalStore } from '../contracts/store.ts'
import type { ToolSignature, ToolVersion } from '../contracts/tool.ts'

/** What reading a tool's code gave: its signature with further facts for the checks, or why it cannot be a tool. */
export type SignatureReading = { signature: ToolSignature } | { problems: string[] }

/** Reads the signature from the code inside the sandbox, without running the code. */
export type ReadSignature = (
  sandbox: Sandbox,
  source: { language: ToolLanguage; code: string; expectedName?: string },
  options: { signal?: AbortSignal },
) => Promise<SignatureReading>

/** Static checks of a tool's code: one sentence for each problem, addressed to the model that wrote it. */
export type CheckCode = (subject: {
  language: ToolLanguage
  code: string
  signature: ToolSignature
  specification: ToolSpecification
  /** The request that the tool is made for: its literals have no place in the code. */
  request: string
}) => string[]

/** Everything that the agent works with. It closes none of it: who opened a part closes it. */
export interface AgentDependencies {
  gateway: Gateway
  /** Or what opens it, called once: the sandbox may still be starting while the first model call is under way. */
  sandbox: Sandbox | (() => Promise<Sandbox>)
  library: Library
  journal: JournalStore
  readSignature: ReadSignature
  checkCode: CheckCode
  /** A tool as the planner is shown it: the typed signature with its description. */
  renderSignature: (tool: ToolVersion) => string
  /** Every run gets a folder of its own in it, for artifacts and for the full text of what executions wrote. */
  artifactsFolder: string
  /** Epoch milliseconds. */
  clock?: () => number
  /** Packages that code can import, by language, without versions: they stand in prompts. */
  environmentPackages: { python: readonly string[]; javascript: readonly string[] }
}
