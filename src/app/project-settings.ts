import type { ConfigFile } from '../contracts/config.ts'
import { HandaxeError } from '../contracts/errors.ts'
import { DEFAULT_BUDGET, DEFAULT_LIMITS } from '../contracts/limits.ts'
import { DEFAULT_MAX_OUTPUT_TOKENS, DEFAULT_TIMEOUT_MS } from '../models/gateway-config.ts'

/** The settings that a rule can be about: those of the file, and those inside `sandbox`. */
export type RuledSetting =
  | Exclude<keyof ConfigFile, 'sandbox' | '$schema'>
  | `sandbox.${keyof NonNullable<ConfigFile['sandbox']> & string}`

interface ProjectRule {
  /** What a project may say; null: nothing. */
  may: string | null
  /** Why it may not say more. */
  danger: string
  /** What of `project` is too much beside the user's `own` file; the name of the setting, or null. */
  refused(project: ConfigFile, own: ConfigFile): string | null
}

/** Numbers of a project's hold where they are not larger than the user's, or than the default where the user named none. */
const SMALLER_NUMBERS = 'numbers that are not larger: the smaller one of the two files holds'

/**
 * What a project's `handaxe.json` may say. It may have been fetched from a stranger, so it can only tighten what the user's own
 * file says: never spend more, never reach farther, never consent in the user's place. `docs/configuration.md` has this table.
 */
export const PROJECT_SETTINGS: Readonly<Record<RuledSetting, ProjectRule>> = {
  models: nothing('models', 'chooses to whom requests and files go, and at which price'),
  providers: nothing('providers', 'says where keys and requests are sent'),
  prices: nothing('prices', 'says what counts as spent, and so lifts the budget'),
  embedding: {
    may: '`"none"`',
    danger: 'chooses to whom requests and tools are sent',
    refused: ({ embedding }) => (embedding === undefined || embedding === 'none' ? null : 'embedding'),
  },
  budget: smallerNumbers('budget', 'raises what a run may spend', DEFAULT_BUDGET),
  limits: smallerNumbers('limits', 'raises what code may use of this machine', DEFAULT_LIMITS),
  maxOutputTokens: smallerNumbers('maxOutputTokens', 'raises what a reply may cost', DEFAULT_MAX_OUTPUT_TOKENS),
  modelTimeoutMs: {
    may: 'a number that is not larger',
    danger: 'lets a call hang longer',
    refused: ({ modelTimeoutMs = 0 }, own) =>
      own.modelTimeoutMs === undefined && modelTimeoutMs > DEFAULT_TIMEOUT_MS ? 'modelTimeoutMs' : null,
  },
  make: {
    may: '`"never"`, and `"auto"`; the stricter one holds',
    danger: 'spends the user’s money on tools for every request',
    refused: ({ make }, own) => (make === 'always' && own.make !== 'always' ? 'make' : null),
  },
  admission: {
    may: '`"thorough"`; the stricter one holds',
    danger: 'asks less of a tool than the user does',
    refused: () => null,
  },
  admissionBudget: nothing('admissionBudget', 'decides how far tools are checked, and what that may use'),
  keepCalls: {
    may: '`false`',
    danger: 'keeps what the user’s files hold',
    refused: ({ keepCalls }, own) => (keepCalls === true && own.keepCalls !== true ? 'keepCalls' : null),
  },
  keepRequests: {
    may: '`false`',
    danger: 'keeps the user’s words',
    refused: ({ keepRequests }, own) => (keepRequests === true && own.keepRequests === false ? 'keepRequests' : null),
  },
  keepRunsDays: nothing('keepRunsDays', 'removes runs of the user’s'),
  store: nothing('store', 'chooses where requests, results and tools are kept, and which tools are used'),
  python: nothing('python', 'names a program that is run on this machine'),
  'sandbox.backend': {
    may: '`"linux"`, `"docker"`, where the user’s own file names neither `docker` nor `e2b`',
    danger: 'would send code and files to a cloud, or take away what encloses the code',
    refused: ({ sandbox }, own) => {
      const chosen = sandbox?.backend
      const mine = own.sandbox?.backend
      const isFixed = (mine === 'docker' || mine === 'e2b') && chosen !== mine
      return chosen !== undefined && (isFixed || (chosen === 'e2b' && mine !== 'e2b')) ? 'sandbox.backend' : null
    },
  },
  'sandbox.require': { may: 'more', danger: 'loosens what the sandbox has to enforce', refused: () => null },
  'sandbox.packages': { may: '`"none"`, and a part of the user’s list', danger: 'installs', refused: () => null },
  'sandbox.network': { may: 'a further ceiling', danger: 'opens a network', refused: () => null },
  'sandbox.docker': nothing('sandbox.docker', 'chooses what encloses the code'),
  'sandbox.e2b': nothing('sandbox.e2b', 'chooses a template, whose maker can see what runs in it'),
}

function nothing(setting: RuledSetting, danger: string): ProjectRule {
  return {
    may: null,
    danger,
    refused: (project) => {
      const value = settingOf(project, setting)
      const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0
      return value === undefined || isEmpty ? null : setting
    },
  }
}

function smallerNumbers(
  setting: 'budget' | 'limits' | 'maxOutputTokens',
  danger: string,
  defaults: object,
): ProjectRule {
  const known: Record<string, number | undefined> = { ...defaults }
  return {
    may: SMALLER_NUMBERS,
    danger,
    refused(project, own) {
      const mine: Record<string, number | undefined> = { ...own[setting] }
      const raised = Object.entries(project[setting] ?? {}).find(([name, value]) => {
        const bound = mine[name] === undefined ? known[name] : Infinity
        return value !== undefined && bound !== undefined && value > bound
      })
      return raised === undefined ? null : `${setting}.${raised[0]}`
    },
  }
}

function settingOf(file: ConfigFile, setting: string): unknown {
  return setting
    .split('.')
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], file)
}

/** Throws `invalid_configuration` where the project's `file` says what only the user's own may say. */
export function refuseForeignSettings(
  project: ConfigFile,
  { file, own, ownFile }: { file: string; own: ConfigFile; ownFile: string },
): void {
  for (const { refused, danger, may } of Object.values(PROJECT_SETTINGS)) {
    const setting = refused(project, own)
    if (setting === null) continue
    const rest = may === null ? '' : ` It may say ${may.replaceAll('`', '')}.`
    throw new HandaxeError(
      'invalid_configuration',
      `${file}: ${setting}: it ${danger}; a project may not decide that.${rest}`,
      { hint: `If you want it, write it into your own ${ownFile}.`, details: { file, setting } },
    )
  }
}

/** The user's file with what the project's tightens. Both have been checked. */
export function tightenSettings(own: ConfigFile, project: ConfigFile): ConfigFile {
  const tightened: ConfigFile = { ...own }
  const budget = smaller(own.budget, project.budget)
  const limits = smaller(own.limits, project.limits)
  const maxOutputTokens = smaller(own.maxOutputTokens, project.maxOutputTokens)
  if (budget !== undefined) tightened.budget = budget
  if (limits !== undefined) tightened.limits = limits
  if (maxOutputTokens !== undefined) tightened.maxOutputTokens = maxOutputTokens
  const timeouts = [own.modelTimeoutMs, project.modelTimeoutMs].filter((value) => value !== undefined)
  if (timeouts.length > 0) tightened.modelTimeoutMs = Math.min(...timeouts)
  if (project.embedding === 'none') tightened.embedding = 'none'
  const make = stricter(['never', 'auto', 'always'], own.make ?? 'auto', project.make)
  const admission = stricter(['thorough', 'standard'], own.admission ?? 'standard', project.admission)
  return { ...tightened, make, admission }
}

/** Of each name the smaller number. */
function smaller<Numbers extends Record<string, number | undefined>>(
  own: Numbers | undefined,
  project: Numbers | undefined,
): Numbers | undefined {
  if (own === undefined || project === undefined) return own ?? project
  const names = [...new Set([...Object.keys(own), ...Object.keys(project)])]
  const entries = names.map((name) => [name, Math.min(own[name] ?? Infinity, project[name] ?? Infinity)])
  return Object.fromEntries(entries.filter(([, value]) => value !== Infinity)) as Numbers
}

/** The one that stands first in `order`. */
function stricter<Value extends string>(order: readonly Value[], own: Value, project: Value | undefined): Value {
  return project !== undefined && order.indexOf(project) < order.indexOf(own) ? project : own
}
