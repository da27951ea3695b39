import { constants } from 'node:fs'
import { chmod, copyFile, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HandaxeError } from '../../../contracts/errors.ts'
import type { InputFile } from '../../../contracts/sandbox.ts'

/**
 * Puts the input files into the slot's folder, as copies: what the caller changes later does not change them, and their
 * rights are the sandbox's own. Where the file system can share blocks the copy costs nothing.
 * Rejects with `invalid_input_file`.
 */
export async function stageInputs(inputs: InputFile[], folder: string): Promise<void> {
  for (const input of inputs) {
    const target = join(folder, input.name)
    if ('content' in input) await writeFile(target, input.content, { flag: 'wx', mode: 0o444 })
    else await stageFile(input.name, input.path, target)
    await chmod(target, 0o444)
  }
}

async function stageFile(name: string, path: string, target: string): Promise<void> {
  try {
    // O_NONBLOCK: a FIFO in place of a file must not hold the host up.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      if (!(await file.stat()).isFile()) throw new Error('it is not a regular file')
    } finally {
      await file.close()
    }
    await copyFile(path, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
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
