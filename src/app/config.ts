import { readFileSync } from 'node:fs'
import { configFileSchema, type ConfigFile } from '../contracts/config.ts'
import { HandaxeError } from '../contracts/errors.ts'
import { configFilePaths } from './config-file-paths.ts'
import { resolveFolders } from './folders.ts'
import { refuseForeignSettings } from './project-settings.ts'
import { resolveConfig, type Config, type Environment } from './resolve-config.ts'

export type { Config, Environment } from './resolve-config.ts'

export interface LoadConfigOptions {
  environment?: Environment
  workingFolder?: string
  /** As the variable HANDAXE_HOME: one folder for everything. */
  home?: string
}

/** Reads `config.json` of the user and `handaxe.json` of the project. Throws `invalid_configuration` with file and place. */
export function loadConfig({
  environment: given = process.env,
  workingFolder = process.cwd(),
  home,
}: LoadConfigOptions = {}): Config {
  const environment = home === undefined ? given : { ...given, HANDAXE_HOME: home }
  const folders = resolveFolders(environment)
  const [ownFile = '', projectFile = ''] = configFilePaths(folders, workingFolder)
  const own = readConfigFile(ownFile)
  // The user's own folder may be the working folder.
  const project = projectFile === ownFile ? null : readConfigFile(projectFile)
  if (project !== null) refuseForeignSettings(project, { file: projectFile, own: own ?? {}, ownFile })
  const sources = [...(own === null ? [] : [ownFile]), ...(project === null ? [] : [projectFile])]
  return resolveConfig({ folders, environment, sources, ...(own && { own }), ...(project && { project }) })
}

function readConfigFile(file: string): ConfigFile | null {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw new HandaxeError('invalid_configuration', `The configuration ${file} cannot be read (${code})`, {
      cause: error,
    })
  }
  let data: unknown
  try {
    data = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw new HandaxeError('invalid_configuration', `${file} is not valid JSON: ${(error as Error).message}`, {
      cause: error,
    })
  }
  const parsed = configFileSchema.safeParse(data)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const place = issue?.path.join('.') || 'the top level'
  throw new HandaxeError('invalid_configuration', `${file}: ${place}: ${issue?.message ?? 'invalid'}`, {
    hint: 'docs/configuration.md lists every setting.',
  })
}
