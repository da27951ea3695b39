import type { PackageDecision, PackagePolicy } from '../../contracts/environment.ts'
import { HandaxeError } from '../../contracts/errors.ts'
import type { ToolLanguage } from '../../contracts/sandbox.ts'
import { normalisePackageName, parseRequirement, type Requirement } from './parse-requirement.ts'
import { printable } from './printable.ts'
import { resemblingPackage } from './resembling-package.ts'

export interface DecideOptions {
  /** True where a person can be asked now. */
  interactive: boolean
  /** Default: Python. */
  language?: ToolLanguage
}

/**
 * Sorts what a model asks for by the policy (default `ask`). An allow-list holds names, compared as registries compare
 * them; it covers every version and extra of a package and whatever that needs in turn. What is not well-formed is
 * refused under every policy. Throws `invalid_configuration` for an allow-list with more than names in it.
 */
export function decidePackages(
  policy: PackagePolicy | undefined,
  requested: string[],
  { interactive, language = 'python' }: DecideOptions,
): PackageDecision {
  const decided = policy ?? 'ask'
  const allowList = typeof decided === 'object' ? decided.allow.map((name) => parseAllowed(name, language)) : []
  const decision: PackageDecision = { allowed: [], refused: [], toAsk: [], warnings: [] }
  for (const text of new Set(requested)) {
    const requirement = tryParse(text, language)
    if (typeof requirement === 'string') {
      decision.refused.push({ package: printable(text, 100), reason: requirement })
      continue
    }
    const { name, text: normalised } = requirement
    if (allowList.includes(name)) {
      decision.allowed.push(normalised)
      continue
    }
    const near = resemblingPackage(name, language, allowList)
    if (near !== null) decision.warnings.push({ package: normalised, message: warn(name, near) })
    if (decided === 'ask' && interactive) decision.toAsk.push(normalised)
    else decision.refused.push({ package: normalised, reason: refuse(decided, near) })
  }
  return decision
}

function refuse(policy: PackagePolicy, near: string | null): string {
  if (policy === 'none') return 'packages are switched off here'
  if (policy === 'ask') return 'nobody can be asked here, and no list of allowed packages is set'
  return near === null || !policy.allow.map((name) => name.toLowerCase()).includes(near)
    ? 'it is not on the list of allowed packages'
    : `it is not on the list of allowed packages; '${near}' is`
}

function warn(name: string, near: string): string {
  return `'${name}' is not the well-known '${near}': make sure that it is meant`
}

function parseAllowed(name: string, language: ToolLanguage): string {
  const parsed = tryParse(name, language)
  if (typeof parsed === 'object' && parsed.text === parsed.name) return normalisePackageName(parsed.name, language)
  throw new HandaxeError(
    'invalid_configuration',
    `'${printable(name, 100)}' cannot stand on the list of allowed packages`,
    {
      hint: 'Write plain package names there, without versions or extras.',
    },
  )
}

/** The reason, where it is not well-formed. */
function tryParse(text: string, language: ToolLanguage): Requirement | string {
  try {
    return parseRequirement(text, language)
  } catch (error) {
    if (HandaxeError.isInstance(error)) return error.message
    throw error
  }
}
