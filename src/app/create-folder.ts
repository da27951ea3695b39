import { mkdir } from 'node:fs/promises'
import { HandaxeError } from '../contracts/errors.ts'

/** Makes a private folder where it is missing. Rejects with `disk_full` or `store_read_only`. */
export async function createFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const full = code === 'ENOSPC'
    throw new HandaxeError(full ? 'disk_full' : 'store_read_only', `The folder ${path} cannot be made (${code})`, {
      hint: full ? 'Free some space there.' : 'Set HANDAXE_HOME to a folder that you may write to.',
      cause: error,
    })
  }
}
