import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { findPython } from './python.ts'

/** True where every user may enter the folder and read it, and all folders above. */
export function isOpenToAll(path: string): boolean {
  return (statSync(path).mode & 0o5) === 0o5 && (path === '/' || isOpenToAll(dirname(path)))
}

/** The test Python where every user can run it, as one in a private home folder cannot be; else the system's. */
export function findPublicPython(): string {
  const python = findPython()
  if (python === undefined || !isOpenToAll(dirname(python)) || !isOpenToAll(dirname(realpathSync(python)))) {
    return '/usr/bin/python3'
  }
  accessSync(python, constants.X_OK)
  return python
}
