import { constants, type Stats } from 'node:fs'
import { chmod, copyFile, link, lstat, mkdir, open, realpath, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { InputFile } from '../../../contracts/sandbox.ts'
import { unusableInput } from '../../unusable-input.ts'
import { walkInputFolder } from '../../walk-input-folder.ts'

/** From here on a copy takes long enough to avoid it. */
const LINK_FROM_BYTES = 64 * 1024 * 1024

/**
 * Puts the input files into the slot's folder, as copies: what the caller changes later does not change them, and their
 * rights are the sandbox's own. Where the file system can share blocks the copy costs nothing; elsewhere a large file that
 * the sandbox's user may read is linked instead, and still cannot be written through the read-only mount.
 * Rejects with `invalid_input_file`.
 */
export async function stageInputs(inputs: InputFile[], folder: string, userId: number): Promise<void> {
  for (const input of inputs) {
    const target = join(folder, input.name)
    if ('content' in input) {
      await writeFile(target, input.content, { flag: 'wx', mode: 0o444 })
      await chmod(target, 0o444)
    } else await stagePath(input.name, input.path, target, userId)
  }
}

async function stagePath(name: string, path: string, target: string, userId: number): Promise<void> {
  try {
    // O_NONBLOCK: a FIFO in place of a file must not hold the host up.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stat = await file.stat().finally(() => file.close())
    if (stat.isDirectory()) await stageFolder(path, target, userId)
    else if (stat.isFile()) await stageFile(path, stat, target, userId)
    else throw new Error('it is neither a regular file nor a folder')
  } catch (error) {
    throw unusableInput({ name, path }, error)
  }
}

async function stageFolder(path: string, target: string, userId: number): Promise<void> {
  await makeFolder(target)
  for await (const entry of walkInputFolder(path)) {
    const place = join(target, entry.name)
    if (entry.kind === 'folder') await makeFolder(place)
    else if (entry.kind === 'link') await symlink(entry.target, place)
    else await stageFile(entry.path, await lstat(entry.path), place, userId)
  }
}

/** Whatever the umask is: the code runs as another user. */
async function makeFolder(path: string): Promise<void> {
  await mkdir(path)
  await chmod(path, 0o755)
}

async function stageFile(path: string, stat: Stats, target: string, userId: number): Promise<void> {
  if (stat.size >= LINK_FROM_BYTES && isReadable(stat, userId) && (await tryLink(path, target))) return
  await copyFile(path, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
  // Never of a link: that would change the file of the host.
  await chmod(target, 0o444)
}

function isReadable({ mode, uid }: Stats, userId: number): boolean {
  return (mode & 0o004) !== 0 || (uid === userId && (mode & 0o400) !== 0)
}

async function tryLink(path: string, target: string): Promise<boolean> {
  try {
    await link(await realpath(path), target)
    return true
  } catch {
    // Another file system, or links to files of others are forbidden: a copy does it.
    return false
  }
}
