import { execFile } from 'node:child_process'
import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { HandaxeError } from '../../../contracts/errors.ts'
import { assetPath } from '../../../util/asset-path.ts'

export interface PythonFacts {
  /** The interpreter itself, with no virtual environment around it. */
  executable: string
  basePrefix: string
  version: string
  /** Folders of packages, in the order of `sys.path`. */
  packageFolders: string[]
  packages: Record<string, string>
}

const run = promisify(execFile)
const INSTALL_HINT = 'Run `handaxe setup`, or set HANDAXE_PYTHON to a Python 3.10 or newer'

/** Asks the Python that executions will use where it keeps its parts. Rejects with `sandbox_unavailable`. */
export async function describePython(pythonPath: string): Promise<PythonFacts> {
  let output: string
  try {
    const script = join(assetPath('sandbox/guest'), 'python', 'describe_python.py')
    // A clean environment, and -I: nothing of the caller's (PYTHONPATH, user site) may end up in the sandbox.
    output = (await run(pythonPath, ['-I', '-B', script], { env: {}, cwd: '/', timeout: 60_000 })).stdout
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const message = isMissing ? `There is no Python at ${pythonPath}` : `${pythonPath} does not run as Python`
    throw new HandaxeError('sandbox_unavailable', message, {
      hint: INSTALL_HINT,
      cause: error,
    })
  }
  const facts = JSON.parse(output) as PythonFacts
  const [major = 0, minor = 0] = facts.version.split('.').map(Number)
  if (major !== 3 || minor < 10) {
    throw new HandaxeError('sandbox_unavailable', `Python ${facts.version} is too old`, { hint: INSTALL_HINT })
  }
  return { ...facts, executable: await realpath(facts.executable) }
}
