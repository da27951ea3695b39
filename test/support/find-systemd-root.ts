import { existsSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Root folder of a Debian with systemd, which scripts/systemd-root.mjs makes. */
export const SYSTEMD_ROOT = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'handaxe-tests',
  'systemd-root',
)

/** The user of the tests in it; the number stands in systemd-guest.service too. */
export const TESTER = { name: 'tester', id: 4242 }

/** Whether it is there as a whole: it is moved to its place when it is. */
export function hasSystemdRoot(): boolean {
  return existsSync(join(SYSTEMD_ROOT, 'lib/systemd/systemd'))
}

/** True where a folder that is bound into a guest can be read by everybody, wherever it lies. */
export function isOpenFolder(path: string): boolean {
  return (statSync(path).mode & 0o5) === 0o5
}
