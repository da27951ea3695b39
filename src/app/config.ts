import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { configFileSchema, type ConfigFile } from '../contracts/config.ts'
import { HandaxeError } from '../contracts/errors.ts'
import { DEFAULT_BUDGET, type Budget, type Limits } from '../contracts/limits.ts'
import type { MakePolicy } from '../contracts/run.ts'
import type { Tier } from '../contracts/models.ts'
import { resolveFolders, type Folders } from './folders.ts'

export type Environment = Record<string, string | undefined>

/** The settings after defaults, user file, project file and environment were laid over each other, later ones winning. */
export interface Config {
  folders: Folders
  environment: Environment
  /** The files that were read, in order. */
  sources: string[]
  models: Partial<Record<Tier, string[]>>
  providers: NonNullable<ConfigFile['providers']>
  prices: NonNullable<ConfigFile['prices']>
  budget: Budget
  limits: Partial<Limits>
  make: MakePolicy
  /** Path of the SQLite file. */
  storePath: string
  pythonPath: string
}

export interface LoadConfigOptions {
  environment?: Environment
  workingFolder?: string
  /** As the variable HANDAXE_HOME: one folder for everything. */
  home?: string
}

/** Reads `config.json` of the user and `handaxe.json` of the project. Throws `invalid_configuration` with file and place. */
export function loadConfig({
  environment = process.env,
  workingFolder = process.cwd(),
}: LoadConfigOptions = {}): Config {
  const folders = resolveFolders(environment)
  const files = [join(folders.config, 'config.json'), join(workingFolder, 'handaxe.json')]
  const sources: string[] = []
  const layers: ConfigFile[] = []
  for (const file of files) {
    const layer = readConfigFile(file)
    if (layer === null) continue
    sources.push(file)
    layers.push(layer)
  }
  const merged = mergeLayers(layers)
  return {
    folders,
    environment,
    sources,
    models: { ...listEach(merged.models), ...modelFromEnvironment(environment) },
    providers: merged.providers ?? {},
    prices: merged.prices ?? {},
    budget: { ...DEFAULT_BUDGET, ...withoutUndefined(merged.budget) },
    limits: withoutUndefined(merged.limits),
    make: merged.make ?? 'auto',
    storePath: environment['HANDAXE_STORE'] || merged.store || join(folders.data, 'handaxe.db'),
    pythonPath: environment['HANDAXE_PYTHON'] || merged.python || join(folders.data, 'python', 'bin', 'python'),
  }
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

function mergeLayers(layers: ConfigFile[]): ConfigFile {
  const merged: ConfigFile = {}
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer)) {
      const earlier = (merged as Record<string, unknown>)[name]
      const bothObjects = isRecord(earlier) && isRecord(value)
      Object.assign(merged, { [name]: bothObjects ? { ...earlier, ...value } : value })
    }
  }
  return merged
}

function modelFromEnvironment(environment: Environment): Partial<Record<Tier, string[]>> {
  const model = environment['HANDAXE_MODEL']
  return model ? { fast: [model], strong: [model], reasoning: [model] } : {}
}

function listEach(models: ConfigFile['models']): Partial<Record<Tier, string[]>> {
  const entries = Object.entries(models ?? {}).map(([tier, value]) => [
    tier,
    typeof value === 'string' ? [value] : value,
  ])
  return Object.fromEntries(entries) as Partial<Record<Tier, string[]>>
}

function withoutUndefined<Value extends object>(
  value: Value | undefined,
): { [Key in keyof Value]: Exclude<Value[Key], undefined> } {
  return Object.fromEntries(Object.entries(value ?? {}).filter(([, entry]) => entry !== undefined)) as never
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
