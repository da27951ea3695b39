import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The Python with the standard packages: HANDAXE_PYTHON, or the one that `handaxe setup` makes. */
export function findPython(): string | undefined {
  const given = process.env['HANDAXE_PYTHON']
  if (given !== undefined && given !== '') return given
  const data = process.env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share')
  const prepared = join(data, 'handaxe', 'python', 'bin', 'python')
  return existsSync(prepared) ? prepared : undefined
}
