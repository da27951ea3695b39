import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ENVIRONMENT_GUEST_PATHS } from '../../../contracts/environment.ts'
import { runInstaller } from '../run-installer.ts'
import { diskFull } from '../failure.ts'
import type { Installer, InstallerContext } from '../installer.ts'
import { installerVariables } from '../installer-variables.ts'
import type { PythonBase } from './describe-python-base.ts'
import { explainPipFailure } from './explain-pip-failure.ts'
import { findPip } from './find-pip.ts'
import { listPythonModules, removeScripts } from './read-distributions.ts'
import { resolvePython } from './resolve-python.ts'

export interface PythonInstallerOptions extends InstallerContext {
  pythonPath: string
  base: PythonBase
  allowSourceDistributions: boolean
}

/** Installs by pip into a folder of its own, as a layer over the base Python's packages. */
export async function openPythonInstaller(options: PythonInstallerOptions): Promise<Installer> {
  await mkdir(join(options.work, 'tmp'), { recursive: true })
  const pip = await findPip(options.pythonPath, options.base, options)
  return {
    interpreter: options.base.interpreter,
    lockFile: 'requirements.txt',
    resolve: (requirements) => resolvePython(requirements, { ...options, pip }),
    async install(resolution, target) {
      await mkdir(target)
      if (resolution.lock.length === 0) return
      const lockFile = join(options.work, 'requirements.txt')
      await writeFile(lockFile, resolution.lockText)
      const builds = resolution.lock.some((one) => one.fromSource)
      options.onProgress(`installing ${resolution.lock.length} Python packages`)
      const install = ['install', '--target', target, '--no-user', '--require-hashes', '--no-deps', '--no-compile']
      const wheels = builds ? ['--prefer-binary'] : ['--only-binary', ':all:']
      const outcome = await pip([...install, ...wheels, '--progress-bar', 'off', '-r', lockFile], { builds })
      if (outcome.exitCode !== 0) throw await explainPipFailure(outcome, { ...options, pip })
      await removeScripts(target)
      await compileModules(target, options)
    },
    listModules: (target) => listPythonModules(target),
  }
}

/**
 * Compiles ahead of time: the sandbox cannot write beside the sources. Compiling only parses, it runs nothing. The code
 * names the path in the sandbox, and is never compared with its source: nothing there can change it.
 */
async function compileModules(target: string, options: PythonInstallerOptions): Promise<void> {
  options.onProgress('compiling')
  const paths = ['-s', target, '-p', ENVIRONMENT_GUEST_PATHS.python]
  const outcome = await runInstaller(
    options.pythonPath,
    ['-I', '-m', 'compileall', '-q', '-j', '0', '--invalidation-mode', 'unchecked-hash', ...paths, target],
    {
      cwd: options.work,
      environment: installerVariables(options.environment, { temporary: join(options.work, 'tmp'), builds: false }),
      signal: options.signal,
    },
  )
  // Some packages carry files for other Pythons, which cannot be compiled and are never imported: no failure.
  if (/No space left on device|Disk quota exceeded/.test(outcome.stdout + outcome.stderr)) throw diskFull()
}
