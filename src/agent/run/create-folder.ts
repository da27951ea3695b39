import { mkdir } from 'node:fs/promises'
import { HandaxeError } from '../../contracts/errors.ts'

/** Makes a folder and those above it. Rejects with `disk_full` or `store_read_only`. */
export async function createFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
  } catch (error) {
    throw toStorageError(error, `The folder ${path} cannot be made`)
  }
}

/** What a failed write means to the user. */
export function toStorageError(error: unknown, message: string): HandaxeError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  const full = code === 'ENOSPC' || code === 'EDQUOT'
  return new HandaxeError(full ? 'disk_full' : 'store_read_only', `${message} (${code})`, {
    hint: full ? 'Free some space there.' : 'Set HANDAXE_HOME to a folder that you may write to.',
    cause: error,
  })
}
