import { closeSync, constants, fstatSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DaemonUnusable } from './daemon-unusable.ts'

/**
 * The folder of the daemons' sockets and records, held by a descriptor: what was checked is what is used, whatever happens
 * to the path. Through the descriptor a socket's path always fits into its 107 bytes, too.
 */
export interface DaemonFolder {
  path: string
  /** The path of a file in it that is valid in this process, until `close()`. */
  within(name: string): string
  close(): void
}

/** Made where it is missing. Throws `DaemonUnusable` where it is not a folder of this user that only this user can enter. */
export function openDaemonFolder(stateFolder: string): DaemonFolder {
  const path = join(stateFolder, 'daemon')
  let descriptor: number
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  } catch (error) {
    throw new DaemonUnusable(`the folder ${path} cannot be used (${(error as NodeJS.ErrnoException).code})`)
  }
  const { uid, mode } = fstatSync(descriptor)
  const problem =
    uid !== process.getuid?.()
      ? 'belongs to another user'
      : (mode & 0o077) !== 0
        ? `can be entered by others (mode ${(mode & 0o777).toString(8)}); chmod 700 makes it private`
        : null
  if (problem !== null) {
    closeSync(descriptor)
    throw new DaemonUnusable(`the folder ${path} ${problem}`)
  }
  return {
    path,
    within: (name) => `/proc/self/fd/${descriptor}/${name}`,
    close: () => closeSync(descriptor),
  }
}
