import type { Environment } from '../contracts/environment.ts'
import { HandaxeError } from '../contracts/errors.ts'
import type { ToolLanguage } from '../contracts/sandbox.ts'
import { createEnvironment as buildEnvironment } from '../sandbox/environments/create-environment.ts'
import { listEnvironments as readEnvironments } from '../sandbox/environments/list-environments.ts'
import { removeEnvironment as deleteEnvironment } from '../sandbox/environments/remove-environment.ts'
import { verifyEnvironment } from '../sandbox/environments/verify-environment.ts'
import { environmentsFolder } from './environments-folder.ts'
import type { Config } from './resolve-config.ts'

/** The package environments of this configuration; what the sandbox knows of them, with its folder and its Python. */

export interface EnvironmentRequest {
  name: string
  language: ToolLanguage
  packages: string[]
  /** Python: lets pip build from source, which runs code of the packages on this machine. */
  allowSource: boolean
  refresh: boolean
}

/** Rejects with `invalid_arguments`, `sandbox_unavailable`, `disk_full`, `cancelled`: nothing of it is kept then. */
export async function createEnvironment(
  config: Config,
  { name, language, packages, allowSource, refresh }: EnvironmentRequest,
  options: { onProgress: (line: string) => void; signal?: AbortSignal },
): Promise<Environment> {
  const shared = {
    name,
    packages,
    refresh,
    folder: environmentsFolder(config),
    environment: config.environment,
    ...options,
  }
  if (language === 'python') {
    const { pythonPath } = config
    return buildEnvironment({ ...shared, language, pythonPath, allowSourceDistributions: allowSource })
  }
  if (allowSource) {
    throw new HandaxeError('invalid_request', 'Only Python packages are built from source', {
      hint: 'Leave --allow-source out: install scripts of npm packages are never run',
    })
  }
  return buildEnvironment({ ...shared, language })
}

export interface EnvironmentList {
  environments: Environment[]
  damaged: { name: string; problem: string }[]
}

/** With `verify` every file is read and compared with what was built; what differs is among the damaged too. */
export async function listEnvironments(
  config: Config,
  { verify, signal }: { verify: boolean; signal?: AbortSignal },
): Promise<EnvironmentList> {
  const { environments, damaged } = await readEnvironments(environmentsFolder(config))
  if (!verify) return { environments, damaged }
  const found = [...damaged]
  for (const environment of environments) {
    const { ok, missing, changed, added } = await verifyEnvironment(environment, signal === undefined ? {} : { signal })
    if (ok) continue
    const counts = `${missing.length} files are missing, ${changed.length} changed, ${added.length} added`
    found.push({ name: environment.name, problem: `${counts}, such as ${[...missing, ...changed, ...added][0]}` })
  }
  return { environments, damaged: found }
}

/** Rejects with `invalid_arguments` where there is none of that name. */
export async function removeEnvironment(config: Config, name: string): Promise<void> {
  if (await deleteEnvironment(environmentsFolder(config), name)) return
  throw new HandaxeError('invalid_arguments', `There is no package environment '${name}'`, {
    hint: 'See `handaxe env list`',
  })
}
