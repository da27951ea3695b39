import type { BasePackage, LockedPackage } from '../../contracts/environment.ts'
import type { Requirement } from './parse-requirement.ts'

/** What a registry answered: everything needed to install it again, the same. */
export interface Resolution {
  /** The lock as the package manager reads it. */
  lockText: string
  lock: LockedPackage[]
  base: BasePackage[]
  warnings: string[]
}

/** One package manager at work in one building folder. All methods reject with `HandaxeError`. */
export interface Installer {
  /** Part of the environment's hash. */
  readonly interpreter: string
  /** Name of the lock file in a build. */
  readonly lockFile: string
  resolve(requirements: Requirement[]): Promise<Resolution>
  /** Installs exactly the lock into `target`, which does not exist yet, and checks every file's hash against it. */
  install(resolution: Resolution, target: string): Promise<void>
  /** What code can import from `target`. */
  listModules(target: string, resolution: Resolution): Promise<{ package: string; names: string[] }[]>
}

export interface InstallerContext {
  /** A folder for its temporary files; removed afterwards. */
  work: string
  environment: Record<string, string | undefined>
  onProgress: (line: string) => void
  signal?: AbortSignal | undefined
}
