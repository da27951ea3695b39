import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { HandaxeError } from '../../contracts/errors.ts'
import { STANDARD_PACKAGE_NAMES, STANDARD_PACKAGES, type StandardPackage } from '../standard-packages.ts'
import { runCommand, type CommandOptions } from './run-command.ts'
import { installSystemPackages, lastLines } from './system-packages.ts'

export interface PythonEnvironment {
  pythonPath: string
  /** Where the packages come from. */
  source: 'pypi' | 'distribution'
  /** Python itself and each package with its version. */
  versions: Record<string, string>
  created: boolean
}

export interface PythonEnvironmentOptions extends CommandOptions {
  /** The virtual environment's folder; made whole and then renamed into place, so a broken one is never seen. */
  folder: string
  userId: number
  onProgress: (line: string) => void
}

const DESCRIBE = `
import importlib, json, sys
versions = {"python": "%d.%d.%d" % sys.version_info[:3]}
for pair in sys.argv[1:]:
    name, module = pair.split("=")
    versions[name] = importlib.import_module(module).__version__
print(json.dumps(versions))
`

/**
 * A virtual environment with the standard packages: from PyPI (wheels only, nothing is built), or on the distribution's
 * packages where PyPI cannot be reached; those that it does not have are missing then. One that lacks a package is made
 * again. Rejects with `sandbox_unavailable`.
 */
export async function preparePythonEnvironment(options: PythonEnvironmentOptions): Promise<PythonEnvironment> {
  const pythonPath = join(options.folder, 'bin', 'python')
  const source = await sourceOf(options)
  const existing = source === null ? null : await describePython(pythonPath, packagesOf(source), options)
  if (source !== null && existing !== null) return { pythonPath, source, versions: existing, created: false }

  const temporary = `${options.folder}.${process.pid}.tmp`
  await mkdir(dirname(options.folder), { recursive: true })
  try {
    const source = await buildEnvironment(temporary, options)
    const versions = await describePython(join(temporary, 'bin', 'python'), packagesOf(source), options)
    if (versions === null) {
      throw new HandaxeError('sandbox_unavailable', 'The new Python environment cannot import its packages', {
        hint: `Look at the output of: ${join(temporary, 'bin', 'python')} -c "import ${packagesOf(source)
          .map(({ module }) => module)
          .join(', ')}"`,
      })
    }
    await rm(options.folder, { recursive: true, force: true })
    await rename(temporary, options.folder)
    return { pythonPath, source, versions, created: true }
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

async function buildEnvironment(folder: string, options: PythonEnvironmentOptions): Promise<'pypi' | 'distribution'> {
  const base = await findBasePython(options)
  const makes = { ...options, makesOpenFiles: true }
  options.onProgress(`creating a Python environment with ${STANDARD_PACKAGE_NAMES.join(', ')} from PyPI`)
  const created = await runCommand(base, ['-m', 'venv', folder], makes)
  if (created.exitCode !== 0) {
    throw new HandaxeError(
      'sandbox_unavailable',
      `python3 -m venv failed: ${lastLines(created.stderr + created.stdout)}`,
      {
        hint: 'apt-get install -y python3-venv',
      },
    )
  }
  const install = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--only-binary',
    ':all:',
    ...STANDARD_PACKAGE_NAMES,
  ]
  const installed = await runCommand(join(folder, 'bin', 'python'), install, makes)
  if (installed.exitCode === 0) return 'pypi'

  options.onProgress(
    `PyPI did not serve them (${lastLines(installed.stderr, 1)}); taking the distribution's packages instead`,
  )
  await installSystemPackages(
    STANDARD_PACKAGES.flatMap(({ distribution }) => distribution ?? []),
    options,
  )
  const again = await runCommand(
    '/usr/bin/python3',
    ['-m', 'venv', '--clear', '--system-site-packages', '--without-pip', folder],
    makes,
  )
  if (again.exitCode !== 0) {
    throw new HandaxeError('sandbox_unavailable', `python3 -m venv failed: ${lastLines(again.stderr + again.stdout)}`, {
      hint: 'apt-get install -y python3-venv',
    })
  }
  return 'distribution'
}

/** Those that an environment from there has. */
function packagesOf(source: PythonEnvironment['source']): readonly StandardPackage[] {
  return source === 'pypi' ? STANDARD_PACKAGES : STANDARD_PACKAGES.filter(({ distribution }) => distribution !== null)
}

/** Versions of Python and the packages; null where it does not run or one of them is missing. */
async function describePython(
  pythonPath: string,
  packages: readonly StandardPackage[],
  options: CommandOptions,
): Promise<Record<string, string> | null> {
  const names = packages.map(({ name, module }) => `${name}=${module}`)
  const outcome = await runCommand(pythonPath, ['-I', '-c', DESCRIBE, ...names], {
    ...options,
    timeoutMs: 60_000,
  })
  if (outcome.exitCode !== 0) return null
  return JSON.parse(outcome.stdout) as Record<string, string>
}

async function findBasePython(options: CommandOptions): Promise<string> {
  const check = 'import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (3, 10) else 3)'
  // The distribution's own first: it lies in /usr, which the sandbox mounts anyway.
  for (const candidate of ['/usr/bin/python3', 'python3']) {
    if ((await runCommand(candidate, ['-I', '-c', check], options)).exitCode === 0) return candidate
  }
  throw new HandaxeError('sandbox_unavailable', 'No Python 3.10 or newer with the venv module was found', {
    hint: 'apt-get install -y python3 python3-venv',
  })
}

/** Null where there is no environment with numpy. */
async function sourceOf(options: PythonEnvironmentOptions): Promise<'pypi' | 'distribution' | null> {
  const outcome = await runCommand(
    join(options.folder, 'bin', 'python'),
    ['-I', '-c', 'import numpy, sys; print(numpy.__file__.startswith(sys.prefix))'],
    options,
  )
  if (outcome.exitCode !== 0) return null
  return outcome.stdout.trim() === 'True' ? 'pypi' : 'distribution'
}
