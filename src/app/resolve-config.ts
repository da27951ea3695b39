import type { ConfigFile } from '../contracts/config.ts'
import {
  DEFAULT_ADMISSION_BUDGET,
  DEFAULT_BUDGET,
  type AdmissionBudget,
  type Budget,
  type Limits,
} from '../contracts/limits.ts'
import type { AdmissionDepth, MakePolicy } from '../contracts/run.ts'
import type { Tier } from '../contracts/models.ts'
import { join } from 'node:path'
import type { Folders } from './folders.ts'
import { tightenSettings } from './project-settings.ts'
import { mergeSandboxSettings, type SandboxPolicy } from './sandbox-policy.ts'

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
  /** Of one reply, for each tier. */
  maxOutputTokens: Partial<Record<Tier, number>>
  /** For one attempt of a model call. */
  modelTimeoutMs: number | null
  /** `provider/model`; null: tools are found by words alone. */
  embedding: string | null
  make: MakePolicy
  admission: AdmissionDepth
  admissionBudget: AdmissionBudget
  sandbox: SandboxPolicy
  /** True: successful calls are kept, bounded, so that repaired versions can be held against them. */
  keepCalls: boolean
  /** False: data and words of the requests that tools are made for stay out of the tools. */
  keepRequests: boolean
  /** Runs that began earlier are removed; null: none are. */
  keepRunsDays: number | null
  /** Path of the SQLite file. */
  storePath: string
  pythonPath: string
}

export interface ConfigLayers {
  folders: Folders
  environment: Environment
  /** The files that were read, in order. */
  sources: string[]
  /** What stands in the user's file, and in the project's. */
  own?: ConfigFile
  project?: ConfigFile
}

/** Lays checked files over the defaults, the project's only where it tightens, and the environment over both. Loads no schema: a command without files needs none. */
export function resolveConfig({ folders, environment, sources, own, project }: ConfigLayers): Config {
  const merged = tightenSettings(own ?? {}, project ?? {})
  return {
    folders,
    environment,
    sources,
    models: { ...listEach(merged.models), ...modelFromEnvironment(environment) },
    providers: merged.providers ?? {},
    prices: merged.prices ?? {},
    budget: { ...DEFAULT_BUDGET, ...withoutUndefined(merged.budget) },
    limits: withoutUndefined(merged.limits),
    maxOutputTokens: withoutUndefined(merged.maxOutputTokens),
    modelTimeoutMs: merged.modelTimeoutMs ?? null,
    embedding: chooseEmbedding(environment['HANDAXE_EMBEDDING'] || merged.embedding),
    make: merged.make ?? 'auto',
    admission: merged.admission ?? 'standard',
    admissionBudget: { ...DEFAULT_ADMISSION_BUDGET, ...withoutUndefined(merged.admissionBudget) },
    sandbox: mergeSandboxSettings(
      {
        ...(own?.sandbox === undefined ? {} : { own: own.sandbox }),
        ...(project?.sandbox === undefined ? {} : { project: project.sandbox }),
      },
      environment['HANDAXE_SANDBOX'],
    ),
    // The user's own file has to say so; a project's, which may be somebody else's, can only say no.
    keepCalls: own?.keepCalls === true && project?.keepCalls !== false,
    // Each of the two can only say no.
    keepRequests: own?.keepRequests !== false && project?.keepRequests !== false,
    keepRunsDays: merged.keepRunsDays ?? null,
    storePath: environment['HANDAXE_STORE'] || merged.store || join(folders.data, 'handaxe.db'),
    pythonPath: environment['HANDAXE_PYTHON'] || merged.python || join(folders.data, 'python', 'bin', 'python'),
  }
}

function chooseEmbedding(model: string | undefined): string | null {
  return model === undefined || model === 'none' ? null : model
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
