import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

/** The command's absolute path by the given PATH, or null. Entries that are not absolute are passed over. */
export function findCommand(name: string, path: string | undefined): string | null {
  for (const folder of (path ?? '/usr/local/bin:/usr/bin:/bin').split(delimiter)) {
    const file = join(folder, name)
    if (isAbsolute(folder) && isExecutableFile(file)) return file
  }
  return null
}

export function isExecutableFile(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    // Not there, or not for us: the caller looks on.
    return false
  }
}
