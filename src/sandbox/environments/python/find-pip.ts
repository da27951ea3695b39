import { join } from 'node:path'
import { assetPath } from '../../../util/asset-path.ts'
import { packageFailure } from '../failure.ts'
import type { InstallerContext } from '../installer.ts'
import { installerVariables } from '../installer-variables.ts'
import { type InstallerOutcome, runInstaller } from '../run-installer.ts'
import type { PythonBase } from './describe-python-base.ts'

/** Runs pip with these arguments in the base Python; `builds` lets it build packages from source. */
export type Pip = (args: string[], options?: { builds?: boolean }) => Promise<InstallerOutcome>

// The first with `--dry-run --report`.
const LEAST_VERSION = [22, 2] as const
const COMMON = ['--no-input', '--disable-pip-version-check', '--no-color']

/**
 * The pip of the base Python. Where it has none or an old one, a private pip is made in the work folder, by the standard
 * library's venv and the configured index. Rejects with `sandbox_unavailable` where neither works.
 */
export async function findPip(pythonPath: string, base: PythonBase, context: InstallerContext): Promise<Pip> {
  const run = (args: string[], builds = false): Promise<InstallerOutcome> =>
    runInstaller(pythonPath, ['-I', ...args], {
      cwd: context.work,
      environment: installerVariables(context.environment, { temporary: join(context.work, 'tmp'), builds }),
      signal: context.signal,
      onLine: (line) => {
        if (/^\s*(Downloading|Building wheel)/.test(line)) context.onProgress(line.trim())
      },
    })
  // Asking pip itself would start it once more, which takes as long as all the rest of looking at the base.
  const folder = hasRecentPip(base) ? '-' : await preparePip(pythonPath, run, context)
  const wrapper = assetPath('sandbox/environments/python/pip-without-builds.py')
  return (args, { builds = false } = {}) => {
    if (!builds) return run([wrapper, folder, ...args, ...COMMON])
    // A build starts processes by its nature. A folder with pip in it is a program to Python.
    return run(folder === '-' ? ['-m', 'pip', ...args, ...COMMON] : [join(folder, 'pip'), ...args, ...COMMON], true)
  }
}

type Run = (args: string[]) => Promise<InstallerOutcome>

/** Returns the folder that has to stand on the search path. */
async function preparePip(pythonPath: string, run: Run, context: InstallerContext): Promise<string> {
  context.onProgress('preparing pip')
  const venv = join(context.work, 'pip-venv')
  const made = await run(['-m', 'venv', venv])
  const inVenv: Run = (args) =>
    runInstaller(join(venv, 'bin', 'python'), ['-I', '-m', 'pip', ...args], {
      cwd: context.work,
      environment: installerVariables(context.environment, { temporary: join(context.work, 'tmp'), builds: false }),
      signal: context.signal,
    })
  const folder = join(context.work, 'pip')
  const install = ['install', '--target', folder, '--no-user', '--only-binary', ':all:', '--no-deps', '--quiet']
  const installed = made.exitCode === 0 ? await inVenv([...install, ...COMMON, 'pip>=24']) : made
  if (installed.exitCode === 0) return folder
  throw packageFailure('no-installer', `The Python at ${pythonPath} has no pip that can be used`, {
    registry: installed.stderr || installed.stdout,
    hint: 'Install pip 22.2 or newer for it, for example: apt-get install -y python3-pip python3-venv',
  })
}

function hasRecentPip({ packages }: PythonBase): boolean {
  const version = packages.find(({ name }) => name === 'pip')?.version
  const found = /^(\d+)\.(\d+)/.exec(version ?? '')
  if (found === null) return false
  const [major, minor] = [Number(found[1]), Number(found[2])]
  return major > LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor >= LEAST_VERSION[1])
}
