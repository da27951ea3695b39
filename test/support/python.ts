import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** The Python with the standard packages: HANDAXE_PYTHON, or the one that `handaxe setup` makes. */
export function findPython(): string | undefined {
  const given = process.env['HANDAXE_PYTHON']
  if (given !== undefined && given !== '') return given
  const data = process.env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share')
  const prepared = join(data, 'handaxe', 'python', 'bin', 'python')
  return existsSync(prepared) ? prepared : undefined
}

/**
 * The Python that the sandbox's own is made of, without its packages: a sandbox starts with it in a third of the time. For tests
 * in which no program imports a package; most have the sandbox's own, as users do.
 */
export function findPlainPython(): string {
  const settings = join(dirname(dirname(findPython() ?? '')), 'pyvenv.cfg')
  if (!existsSync(settings)) return '/usr/bin/python3'
  const folder = /^home\s*=\s*(.+)$/m.exec(readFileSync(settings, 'utf8'))?.[1]?.trim() ?? '/usr/bin'
  return join(folder, 'python3')
}

/** The same for all sandboxes and commands of a file of tests, to be called at its top. */
export function usePlainPython(): void {
  process.env['HANDAXE_PYTHON'] = findPlainPython()
}
