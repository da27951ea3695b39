import { readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { OWN_BUBBLEWRAP } from './apparmor-state.ts'
import { findCommand, isExecutableFile } from './find-command.ts'

/**
 * The bubblewrap that executes code: handaxe's own where set-up has made one (AppArmor, see `planAppArmor`), else the one on
 * the given PATH. Null where there is none.
 */
export function findBubblewrap(searchPath: string | undefined, own: string = OWN_BUBBLEWRAP): string | null {
  return isExecutableFile(own) && isRootsOwn(own) ? own : findCommand('bwrap', searchPath)
}

/** True where a file and all folders above belong to root, and nobody else can write to them. */
export function isRootsOwn(path: string): boolean {
  for (let place = realpathSync(path); ; place = dirname(place)) {
    const { uid, mode } = statSync(place)
    if (uid !== 0 || (mode & 0o022) !== 0) return false
    if (place === '/') return true
  }
}

/** True where handaxe's own bubblewrap is the same program. */
export function isCopied(path: string, own: string = OWN_BUBBLEWRAP): boolean {
  return isExecutableFile(own) && readFileSync(own).equals(readFileSync(path))
}
