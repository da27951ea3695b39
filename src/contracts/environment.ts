import type { ToolLanguage } from './sandbox.ts'

/** Where the sandbox shows an environment's packages; see `packagesFolder`. */
export const ENVIRONMENT_GUEST_PATHS = { python: '/opt/environment', javascript: '/node_modules' } as const

/** One file of a registry, pinned by its content. */
export interface LockedPackage {
  /** Python: normalised by PEP 503. npm: the name with its scope. */
  name: string
  version: string
  /** `sha256:<hexadecimal>` for Python, `sha512-<base64>` (subresource integrity) for npm. */
  integrity: string
  /** Python: name of the wheel or source archive. npm: the place below the packages' folder. */
  file: string
  /** True where it was built on this machine from a source archive. */
  fromSource: boolean
}

/** A package that the environment needs and that the sandbox's own Python already has. */
export interface BasePackage {
  name: string
  version: string
}

/** A named set of packages, complete and checked, that a sandbox can mount read-only. */
export interface Environment {
  name: string
  /** sha256 of language, interpreter and lock, hexadecimal: the same packages for the same interpreter have the same. */
  hash: string
  language: ToolLanguage
  /** What was asked for: PEP 508 requirements or npm specifications, normalised and sorted. */
  packages: string[]
  lock: LockedPackage[]
  /** Has to be there in exactly these versions, below the environment on the search path. */
  base: BasePackage[]
  /** What the packages were chosen for, such as `cpython-311-x86_64-linux-gnu` or `node-137-linux-x64-glibc`. */
  interpreter: string
  /** What code can import, by package. */
  modules: { package: string; names: string[] }[]
  /** What a user should know: an install script that was not run, a package built from source. */
  warnings: string[]
  /** Absolute. Never changes while it exists: another set of packages lies in another folder. */
  folder: string
  /** The part of `folder` to mount at `ENVIRONMENT_GUEST_PATHS[language]`. */
  packagesFolder: string
  /** ISO 8601. */
  createdAt: string
  /** Of all files. */
  bytes: number
}

/** `ok` where every file is there, none was added, and all have the content that they were built with. */
export interface EnvironmentCheck {
  ok: boolean
  missing: string[]
  changed: string[]
  added: string[]
}

/** Which packages a model may ask for: each after a question to the user, none, or those named. */
export type PackagePolicy = 'ask' | 'none' | { allow: string[] }

export interface PackageDecision {
  allowed: string[]
  refused: { package: string; reason: string }[]
  /** The user decides. Empty where nobody can be asked. */
  toAsk: string[]
  /** To be shown with the question: names that may be meant otherwise. */
  warnings: { package: string; message: string }[]
}

/** What the user is asked before packages that a model wants are installed. */
export interface PackageQuestion {
  language: ToolLanguage
  /** By the names of the registry. */
  packages: string[]
  /** Names that may be meant otherwise, one sentence each. */
  warnings: string[]
}

/** Asks the user; rejects where `signal` is aborted. */
export type AskForPackages = (question: PackageQuestion, options: { signal: AbortSignal }) => Promise<boolean>

/** What the host does about packages that model-written code imports and that are not there. */
export interface PackageProvider {
  /** Names of the packages that need nobody's consent; absent or empty where there are none. */
  allowList?: readonly string[]
  /** Modules of packages that are not there, of the facts that the reading of a tool's signature gave. */
  missingImports(facts: unknown): string[]
  /** The registry's name of the package that holds a module. */
  packageOf(language: ToolLanguage, module: string): string
  /** Sorts by the policy. */
  decide(language: ToolLanguage, packages: string[]): PackageDecision
  ask: AskForPackages
  /**
   * The name of an environment with these packages, found or built. Rejects with `HandaxeError` where they cannot be had.
   */
  provide(language: ToolLanguage, packages: string[], options: { signal: AbortSignal }): Promise<string>
  /** Whether there is an environment of this name. */
  has(name: string): Promise<boolean>
}
