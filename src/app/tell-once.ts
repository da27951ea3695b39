import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** True the first time that this user is told something, by a mark in the folder of the state. */
export function tellOnce(stateFolder: string, message: string): boolean {
  const folder = join(stateFolder, 'told')
  const name = createHash('sha256').update(message).digest('hex').slice(0, 32)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(join(folder, name), '', { flag: 'wx' })
    return true
  } catch (error) {
    // Where nothing can be written it is told again: once too often is better than never.
    return (error as NodeJS.ErrnoException).code !== 'EEXIST'
  }
}
