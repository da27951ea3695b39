import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { listNames, readHash, usedHashes } from './records.ts'
import { assertEnvironmentName, buildsFolder, hideBuild, namesFolder, removeTree } from './store-folders.ts'

/**
 * Takes the name away, and its files where no other name means the same build. False where there was no such name.
 * Executions that have it mounted may miss modules that they have not imported yet.
 */
export async function removeEnvironment(folder: string, name: string): Promise<boolean> {
  assertEnvironmentName(name)
  if (!(await listNames(folder)).includes(name)) return false
  const hash = await readHash(folder, name)
  await rm(join(namesFolder(folder), `${name}.json`), { force: true })
  if (hash === null || (await usedHashes(folder)).has(hash)) return true
  const hidden = await hideBuild(folder, hash)
  if (hidden === null) return true
  // A builder may have given this build a name between the look and the move: then it goes back, unless it was made anew.
  if ((await usedHashes(folder)).has(hash) && (await moveBack(hidden, join(buildsFolder(folder), hash)))) return true
  await removeTree(hidden)
  return true
}

async function moveBack(hidden: string, build: string): Promise<boolean> {
  try {
    await rename(hidden, build)
    return true
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}
