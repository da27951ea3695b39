import type { Environment } from '../../contracts/environment.ts'
import { HandaxeError } from '../../contracts/errors.ts'
import { listNames, readEnvironment } from './records.ts'
import { assertEnvironmentName } from './store-folders.ts'

/** All environments by name, and those whose files are damaged. An empty list where the folder is not there. */
export async function listEnvironments(
  folder: string,
): Promise<{ environments: Environment[]; damaged: { name: string; problem: string }[] }> {
  const environments: Environment[] = []
  const damaged: { name: string; problem: string }[] = []
  for (const name of (await listNames(folder)).sort()) {
    try {
      const environment = await readEnvironment(folder, name)
      if (environment !== null) environments.push(environment)
    } catch (error) {
      if (!HandaxeError.isInstance(error)) throw error
      damaged.push({ name, problem: error.message })
    }
  }
  return { environments, damaged }
}

/** Null where there is none of that name. Rejects with `sandbox_broken` where its files are damaged. */
export async function findEnvironment(folder: string, name: string): Promise<Environment | null> {
  assertEnvironmentName(name)
  return readEnvironment(folder, name)
}
