import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isDead, ownIdentity } from '../../process-identity.ts'
import { removeLeftoverGroups } from './cgroups.ts'

const PREFIX = 'sandbox-'

/**
 * A private folder for one open sandbox: the socket, the input files of its slots, artifacts that nobody asked for.
 * Its name tells which process it belongs to, so that the next one can clear away what a killed one has left.
 */
export async function makeRunFolder(stateFolder: string): Promise<string> {
  await mkdir(stateFolder, { recursive: true, mode: 0o700 })
  await removeRunLeftovers(stateFolder)
  const folder = await mkdtemp(join(stateFolder, `${PREFIX}${ownIdentity()}-`))
  await mkdir(join(folder, 'artifacts'))
  return folder
}

/** Clears away what killed processes have left: folders in this state folder, and cgroups wherever they were. */
export async function removeRunLeftovers(stateFolder: string): Promise<void> {
  for (const name of await readdir(stateFolder)) {
    if (isOfDeadProcess(name)) await rm(join(stateFolder, name), { recursive: true, force: true })
  }
  await removeLeftoverGroups(isOfDeadProcess)
}

function isOfDeadProcess(name: string): boolean {
  const [, identity] = /^sandbox-(\d+-\d+-\d+)-\w+$/.exec(basename(name)) ?? []
  return identity !== undefined && isDead(identity)
}
