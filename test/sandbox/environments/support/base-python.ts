import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A virtual environment as the sandbox's Python is one. `packages` are installed from the given index. */
export async function makeBasePython(
  folder: string,
  options: { environment?: Record<string, string | undefined>; packages?: string[]; withoutPip?: boolean } = {},
): Promise<string> {
  const { environment = {}, packages = [], withoutPip = false } = options
  // Not blocking: the index may be served by this very process.
  const env = { ...process.env, ...environment }
  await run('python3', ['-m', 'venv', ...(withoutPip ? ['--without-pip'] : []), folder], { env })
  const python = join(folder, 'bin', 'python')
  if (packages.length > 0) await run(python, ['-I', '-m', 'pip', 'install', '-q', ...packages], { env })
  return python
}

/** What a program prints in this Python with these packages on the search path where the sandbox should have them. */
export function runPython(python: string, packagesFolder: string, program: string): string {
  const order =
    'import sys; at = next(i for i, p in enumerate(sys.path) if p.endswith("-packages")); sys.path.insert(at, sys.argv[1])'
  const outcome = spawnSync(python, ['-I', '-c', `${order}\n${program}`, packagesFolder], { encoding: 'utf8' })
  if (outcome.status !== 0) throw new Error(outcome.stderr)
  return outcome.stdout.trim()
}
