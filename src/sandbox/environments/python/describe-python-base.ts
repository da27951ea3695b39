import { z } from 'zod'
import type { BasePackage } from '../../../contracts/environment.ts'
import { HandaxeError } from '../../../contracts/errors.ts'
import { assetPath } from '../../../util/asset-path.ts'
import { installerVariables } from '../installer-variables.ts'
import { normalisePackageName } from '../parse-requirement.ts'
import { lastLines } from '../../setup/system-packages.ts'
import { printable } from '../printable.ts'
import { runInstaller } from '../run-installer.ts'

/** The Python below an environment: the interpreter, and the packages that the sandbox has without it. */
export interface PythonBase {
  /** Such as `cpython-311-x86_64-linux-gnu`: what a wheel must fit. */
  interpreter: string
  version: string
  platform: string
  packages: BasePackage[]
  /** Its version; null where there is another C library. */
  glibc: string | null
}

const description = z.object({
  interpreter: z.string(),
  version: z.string(),
  platform: z.string(),
  packages: z.record(z.string(), z.string()),
  glibc: z.string().nullable(),
})

/** Asks the interpreter; imports none of its packages. Rejects with `sandbox_unavailable` where it does not run. */
export async function describePythonBase(
  pythonPath: string,
  options: { environment: Record<string, string | undefined>; cwd: string; signal?: AbortSignal | undefined },
): Promise<PythonBase> {
  const program = assetPath('sandbox/environments/python/describe-python-base.py')
  const outcome = await runInstaller(pythonPath, ['-I', program], {
    cwd: options.cwd,
    environment: installerVariables(options.environment, { temporary: options.cwd, builds: false }),
    signal: options.signal,
  })
  if (outcome.exitCode !== 0) {
    throw new HandaxeError('sandbox_unavailable', `The Python at ${pythonPath} does not run`, {
      details: { output: printable(lastLines(outcome.stderr)) },
      hint: 'Run `handaxe setup`, or set `python` in the configuration to a Python 3.10 or newer.',
    })
  }
  return parsePythonBase(outcome.stdout)
}

/** Of what describe-python-base.py has printed. Throws where it is something else. */
export function parsePythonBase(text: string): PythonBase {
  const { packages, ...rest } = description.parse(JSON.parse(text))
  return {
    ...rest,
    packages: Object.entries(packages).map(([name, version]) => ({
      name: normalisePackageName(name, 'python'),
      version,
    })),
  }
}
