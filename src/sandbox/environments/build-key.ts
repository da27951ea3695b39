import { statSync } from 'node:fs'
import type { Environment } from '../../contracts/environment.ts'

/** Names what an environment's packages are now: one that was removed and built again has another folder. */
export function buildKey({ hash, packagesFolder }: Pick<Environment, 'hash' | 'packagesFolder'>): string {
  const stat = statSync(packagesFolder, { throwIfNoEntry: false })
  return `${hash} ${stat?.ino} ${stat?.birthtimeMs}`
}
