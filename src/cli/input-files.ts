import { accessSync, constants, statSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { HandaxeError } from '../contracts/errors.ts'

/** Checks that each path is a readable file and that no two have one name, since all lie in one folder inside. */
export function resolveInputFiles(
  paths: string[],
  workingFolder: string,
  { folders = false }: { folders?: boolean } = {},
): { name: string; path: string }[] {
  const files = paths.map((given) => {
    const path = resolve(workingFolder, given)
    // Of the whole path: `.` is to have the name of the folder that it stands for.
    return { name: basename(path), path: checkFile(given, path, folders) }
  })
  const names = new Set<string>()
  for (const { name } of files) {
    if (names.has(name)) {
      throw new HandaxeError('invalid_input_file', `Two of the files are called ${name}`, {
        hint: 'Give one of them another name.',
      })
    }
    names.add(name)
  }
  return files
}

function checkFile(given: string, path: string, folders: boolean): string {
  try {
    const facts = statSync(path)
    if (facts.isDirectory() && !folders) {
      throw new HandaxeError('invalid_input_file', `${given} is a folder`, {
        hint: 'Name the files in it, one --file each.',
      })
    }
    if (!facts.isFile() && !facts.isDirectory())
      throw new HandaxeError('invalid_input_file', `${given} is not a regular file`)
    accessSync(path, constants.R_OK)
    return path
  } catch (error) {
    if (HandaxeError.isInstance(error)) throw error
    const code = (error as NodeJS.ErrnoException).code
    const reason =
      code === 'ENOENT'
        ? 'does not exist'
        : code === 'EACCES'
          ? 'may not be read by this user'
          : `cannot be read (${code})`
    throw new HandaxeError('invalid_input_file', `${given} ${reason}`, { cause: error, details: { path } })
  }
}
