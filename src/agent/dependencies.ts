import type { PackageProvider } from '../contracts/environment.ts'
import type { Library } from '../contracts/library.ts'
import type { AdmissionBudget, Limits } from '../contracts/limits.ts'
import type { Gateway } from '../contracts/models.ts'
import type { ToolSpecification } from '../contracts/run.ts'
import type { Sandbox, ToolLanguage } from '../contracts/sandbox.ts'
import type { JournalStore } from '../contracts/store.ts'
import type { ToolNeeds, ToolSignature, ToolVersion } from '../contracts/tool.ts'
import type { AdmissionGate } from './admission-gate.ts'

/** What reading a tool's code gave: its signature with further facts for the checks, or why it cannot be a tool. */
export type SignatureReading = { signature: ToolSignature; facts: unknown } | { problems: string[] }

/** Reads the signature from the code inside the sandbox, without running the code. */
export type ReadSignature = (
  sandbox: Sandbox,
  source: { language: ToolLanguage; code: string; expectedName?: string },
  options: { signal?: AbortSignal },
) => Promise<SignatureReading>

/** What the static checks of a tool's code look at. */
export interface CodeSubject {
  language: ToolLanguage
  code: string
  signature: ToolSignature
  /** As `readSignature` gave them: the agent only passes them on. */
  facts?: unknown
  specification: ToolSpecification
  /** The request that the tool is made for: its literals have no place in the code. */
  request: string
  /** Names of tools that the module could import. */
  otherTools?: readonly string[]
}

/** Everything that the agent works with. It closes none of it: who opened a part closes it. */
export interface AgentDependencies {
  gateway: Gateway
  /** Or what opens it, called once: the sandbox may still be starting while the first model call is under way. */
  sandbox: Sandbox | (() => Promise<Sandbox>)
  library: Library
  journal: JournalStore
  readSignature: ReadSignature
  /**
   * One sentence for each problem, addressed to the model that wrote the code. Written as a method so that a function
   * fits that knows what its `facts` are.
   */
  checkCode(subject: CodeSubject): string[]
  /** What the code needs of the sandbox beside its language. Written as a method for the same reason. */
  readNeeds(language: ToolLanguage, facts: unknown): ToolNeeds
  /** What a kept tool's signature and docstring promise, as a specification. */
  describeSpecification: (tool: ToolVersion) => ToolSpecification
  /** What is asked of a tool that passes its tests. */
  admission: AdmissionGate
  /**
   * False: of a tool that passes its tests nothing further is asked than that it holds what the version held that it takes the
   * place of, and its own version says so. Default true.
   */
  checksTools?: boolean
  /** A tool as the planner is shown it: the typed signature with its description. */
  renderSignature: (tool: ToolVersion) => string
  /** Every run gets a folder of its own in it, for artifacts and for the full text of what executions wrote. */
  artifactsFolder: string
  /** Bounds of one execution of model-written code, where they are not the defaults. */
  limits?: Partial<Limits>
  /** What the checks of one tool may use, where it is not the default. */
  admissionBudget?: AdmissionBudget
  /** Epoch milliseconds. */
  clock?: () => number
  /** For packages beyond those that are always there. Absent: code does without them. */
  packages?: PackageProvider
  /** Packages that code can import, by language, without versions: they stand in prompts. */
  environmentPackages: { python: readonly string[]; javascript: readonly string[] }
}
