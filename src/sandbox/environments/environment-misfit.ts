import type { BasePackage, Environment } from '../../contracts/environment.ts'

/**
 * Why an environment cannot be used over this base, as a sentence; null where it can. To be asked before it is mounted:
 * another interpreter cannot load its compiled modules, and it was resolved against these versions of the base's packages.
 */
export function environmentMisfit(
  environment: Pick<Environment, 'name' | 'interpreter' | 'base'>,
  current: { interpreter: string; packages: BasePackage[] },
): string | null {
  const again = `create it again: handaxe env create ${environment.name}`
  if (environment.interpreter !== current.interpreter) {
    return `'${environment.name}' was built for ${environment.interpreter}, this is ${current.interpreter}; ${again}`
  }
  const present = new Map(current.packages.map((one) => [one.name, one.version]))
  const other = environment.base.find((one) => present.get(one.name) !== one.version)
  if (other === undefined) return null
  const found = present.get(other.name) ?? 'none'
  return `'${environment.name}' needs ${other.name} ${other.version} of the base, which has ${found}; ${again}`
}
