import { existsSync } from 'node:fs'
import { configFilePaths } from './config-file-paths.ts'
import { resolveFolders } from './folders.ts'
import { resolveConfig, type Config, type Environment } from './resolve-config.ts'

/**
 * As `loadConfig`, but the schema is loaded only where there is a file to hold against it: for a call that is over in
 * some 50 ms it would be a quarter of the time. Rejects with `invalid_configuration`.
 */
export async function loadSettings(environment: Environment, workingFolder: string): Promise<Config> {
  const folders = resolveFolders(environment)
  if (!configFilePaths(folders, workingFolder).some((path) => existsSync(path))) {
    return resolveConfig({ folders, environment, sources: [] })
  }
  const { loadConfig } = await import('./config.ts')
  return loadConfig({ environment, workingFolder })
}
