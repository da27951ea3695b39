import { lstat, realpath, stat } from 'node:fs/promises'
import { HandaxeError } from '../../../contracts/errors.ts'
import { errorCode } from './read-text-file.ts'

export interface OpenedSource {
  /** Absolute; a link that the user named is followed, those below it are not. */
  root: string
  isFolder: boolean
}

/** Where the user points to. Rejects with `invalid_input_file` where there is nothing to read. */
export async function openSource(path: string): Promise<OpenedSource> {
  try {
    const root = await realpath(path)
    const facts = await stat(root)
    if (!facts.isFile() && !facts.isDirectory()) throw notReadable(path, 'is neither a file nor a folder')
    return { root, isFolder: facts.isDirectory() }
  } catch (error) {
    const code = errorCode(error)
    if (code === null || HandaxeError.isInstance(error)) throw error
    throw notReadable(path, code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`)
  }
}

/** Whatever it is, a dangling link included. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return false
    throw error
  }
}

function notReadable(path: string, problem: string): HandaxeError {
  return new HandaxeError('invalid_input_file', `${path} ${problem}`, {
    hint: 'Name a bundle, a folder of Agent Skills, a Python or JavaScript file, or a folder of them.',
    details: { path },
  })
}
