import type { Environment } from '../../contracts/environment.ts'
import { HandaxeError } from '../../contracts/errors.ts'
import type { ExecutionLanguage } from '../../contracts/sandbox.ts'
import { environmentMisfit, type EnvironmentBase } from './environment-misfit.ts'
import { findEnvironment } from './list-environments.ts'

export interface EnvironmentFinderOptions {
  /** Null where there are no environments. */
  folder: string | null
  /** What environments are laid over here. Asked once for each language, when it is first needed: it starts an interpreter. */
  base(language: Environment['language']): Promise<EnvironmentBase>
}

/** Finds package environments by name, and refuses those that were made for another base than this sandbox has. */
export class EnvironmentFinder {
  readonly #options: EnvironmentFinderOptions
  readonly #bases = new Map<Environment['language'], Promise<EnvironmentBase>>()

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

  #base(language: Environment['language']): Promise<EnvironmentBase> {
    const known = this.#bases.get(language)
    if (known !== undefined) return known
    const asked = this.#options.base(language)
    this.#bases.set(language, asked)
    asked.catch(() => this.#bases.delete(language))
    return asked
  }
}
