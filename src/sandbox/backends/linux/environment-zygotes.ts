import type { Environment } from '../../../contracts/environment.ts'
import { buildKey } from '../../environments/build-key.ts'
import { Generations, type GenerationsOptions } from './generations.ts'

/** Each is a warm interpreter of some 30 MB: the one that was used longest ago makes room. */
const MOST = 4

/** The zygotes that show a package environment, by its build: the same packages have the same zygote. */
export class EnvironmentZygotes {
  readonly #options: Omit<GenerationsOptions, 'preparation' | 'environment'>
  /** In the order of their last use. */
  readonly #byBuild = new Map<string, Generations>()
  readonly #leaving = new Set<Promise<void>>()

  constructor(options: Omit<GenerationsOptions, 'preparation' | 'environment'>) {
    this.#options = options
  }

  get(environment: Environment): Generations {
    const build = buildKey(environment)
    const known = this.#byBuild.get(build)
    const found = known ?? new Generations({ ...this.#options, preparation: 'environment', environment })
    this.#byBuild.delete(build)
    this.#byBuild.set(build, found)
    for (const [oldest, generations] of this.#byBuild) {
      if (this.#byBuild.size <= MOST) break
      this.#byBuild.delete(oldest)
      const leaving = generations.retire().finally(() => this.#leaving.delete(leaving))
      this.#leaving.add(leaving)
    }
    return found
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#byBuild.values(), (generations) => generations.close()))
    await Promise.allSettled(this.#leaving)
  }
}
