import { constants, type Stats } from 'node:fs'
import { chmod, copyFile, link, open, realpath, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HandaxeError } from '../../../contracts/errors.ts'
import type { InputFile } from '../../../contracts/sandbox.ts'

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
    if ('content' in input) await writeFile(target, input.content, { flag: 'wx', mode: 0o444 })
    else if (await stageFile(input.name, input.path, target, userId)) continue
    await chmod(target, 0o444)
  }
}

/** True where the target is the file itself. */
async function stageFile(name: string, path: string, target: string, userId: number): Promise<boolean> {
  try {
    // O_NONBLOCK: a FIFO in place of a file must not hold the host up.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stat = await file.stat()
      if (!stat.isFile()) throw new Error('it is not a regular file')
      if (stat.size >= LINK_FROM_BYTES && isReadable(stat, userId) && (await tryLink(path, target))) return true
    } finally {
      await file.close()
    }
    await copyFile(path, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
    return false
  } catch (error) {
    throw new HandaxeError(
      'invalid_input_file',
      `The input file '${name}' cannot be used: ${(error as Error).message}`,
      {
        hint: 'Check that the path exists, can be read and is a file',
        details: { name, path },
        cause: error,
      },
    )
  }
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
