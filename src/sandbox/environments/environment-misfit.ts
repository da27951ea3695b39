import type { BasePackage, Environment } from '../../contracts/environment.ts'
import { wheelMisfit } from './wheel-misfit.ts'

/** What environments are laid over: the interpreter of a sandbox, and the packages that it has without them. */
export interface EnvironmentBase {
  interpreter: string
  packages: BasePackage[]
  /**
   * Where it is another system than the one that chose the packages: its C library, such as `2.36` of glibc; null: none that is
   * known. Absent: the same system.
   */
  glibc?: string | null
  /** What to do about a misfit. Absent: to create the environment again. */
  remedy?: string
}

type Layer = Pick<Environment, 'name' | 'language' | 'interpreter' | 'base' | 'lock'>

/**
 * Why an environment cannot be used over this base, as a sentence; null where it can. To be asked before it is mounted:
 * another interpreter cannot load its compiled modules, and it was resolved against these versions of the base's packages.
 */
export function environmentMisfit(environment: Layer, current: EnvironmentBase): string | null {
  const again = current.remedy ?? `create it again: handaxe env create ${environment.name}`
  if (environment.interpreter !== current.interpreter) {
    return `'${environment.name}' was built for ${environment.interpreter}, this is ${current.interpreter}; ${again}`
  }
  const present = new Map(current.packages.map((one) => [one.name, one.version]))
  const other = environment.base.find((one) => present.get(one.name) !== one.version)
  if (other !== undefined) {
    const found = present.get(other.name) ?? 'none'
    return `'${environment.name}' needs ${other.name} ${other.version} of the base, which has ${found}; ${again}`
  }
  if (environment.language !== 'python' || current.glibc === undefined) return null
  const wheel = wheelMisfit(environment.lock, current.glibc)
  return wheel === null ? null : `'${environment.name}' cannot be used here: ${wheel}; ${again}`
}
