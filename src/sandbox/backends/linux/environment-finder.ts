import type { BasePackage, Environment } from '../../../contracts/environment.ts'
import { HandaxeError } from '../../../contracts/errors.ts'
import type { ExecutionLanguage } from '../../../contracts/sandbox.ts'
import { environmentMisfit } from '../../environments/environment-misfit.ts'
import { nodeInterpreter } from '../../environments/javascript/javascript-installer.ts'
import { findEnvironment } from '../../environments/list-environments.ts'
import { describePythonBase } from '../../environments/python/describe-python-base.ts'

export interface EnvironmentFinderOptions {
  /** Null where there are no environments. */
  folder: string | null
  pythonPath: string
  /** Of the host. */
  environment: Record<string, string | undefined>
  /** A private folder in which the base can be asked. */
  workFolder: string
}

interface Base {
  interpreter: string
  packages: BasePackage[]
}

/** Finds package environments by name, and refuses those that were made for another base than this sandbox has. */
export class EnvironmentFinder {
  readonly #options: EnvironmentFinderOptions
  #pythonBase: Promise<Base> | null = null

  constructor(options: EnvironmentFinderOptions) {
    this.#options = options
  }

  /** Rejects with `invalid_arguments` where it is missing or unfit, and with `sandbox_broken` where it is damaged. */
  async find(name: string, language: ExecutionLanguage): Promise<Environment> {
    const { folder } = this.#options
    const found = folder === null ? null : await findEnvironment(folder, name)
    if (found === null) {
      throw new HandaxeError('invalid_arguments', `There is no package environment '${name}'`, {
        hint: `See \`handaxe env list\`, or create it: handaxe env create ${name}`,
      })
    }
    if (found.language !== (language === 'python' ? 'python' : 'javascript')) {
      throw new HandaxeError('invalid_arguments', `'${name}' has ${found.language} packages, the code is ${language}`, {
        hint: 'Use an environment of the language of the code',
      })
    }
    const misfit = environmentMisfit(found, await this.#base(found.language))
    if (misfit !== null) throw new HandaxeError('invalid_arguments', misfit)
    return found
  }

  /** Asked when it is first needed, and once: it starts an interpreter. */
  #base(language: Environment['language']): Base | Promise<Base> {
    if (language === 'javascript') return { interpreter: nodeInterpreter(), packages: [] }
    const { pythonPath, environment, workFolder } = this.#options
    this.#pythonBase ??= describePythonBase(pythonPath, { environment, cwd: workFolder }).catch((error: unknown) => {
      this.#pythonBase = null
      throw error
    })
    return this.#pythonBase
  }
}
