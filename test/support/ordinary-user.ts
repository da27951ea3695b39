import { accessSync, chmodSync, constants, copyFileSync, mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
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

let copyOfNode: string | undefined

/** This Node where every user can run it; one in a private folder, as a project's in /root, is copied for the time of the tests. */
export function findPublicNode(): string {
  if (isOpenToAll(dirname(realpathSync(process.execPath)))) return process.execPath
  if (copyOfNode === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'handaxe-node-'))
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    chmodSync(folder, 0o755)
    copyOfNode = join(folder, 'node')
    copyFileSync(process.execPath, copyOfNode, constants.COPYFILE_FICLONE)
    chmodSync(copyOfNode, 0o755)
  }
  return copyOfNode
}
