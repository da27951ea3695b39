import { HandaxeError, type ErrorCode } from '../../contracts/errors.ts'
import { closest } from '../../util/closest.ts'
import { popularPackages } from './popular-packages.ts'
import type { ToolLanguage } from '../../contracts/sandbox.ts'
import { printable } from './printable.ts'

/** Why packages could not be had; `details.reason` of the error. */
export type PackageFailure =
  | 'not-found' // the registry does not know the name
  | 'no-version' // it knows the name, not such a version
  | 'source-only' // there is no wheel for this interpreter
  | 'conflict' // the requirements exclude each other
  | 'registry-unreachable'
  | 'registry-refused' // it wants a login, or gives no permission
  | 'hash-mismatch'
  | 'unsafe-package'
  | 'no-installer'
  | 'no-space'
  | 'other'

const CODES: Record<PackageFailure, ErrorCode> = {
  'not-found': 'invalid_arguments',
  'no-version': 'invalid_arguments',
  'source-only': 'invalid_arguments',
  conflict: 'invalid_arguments',
  'registry-unreachable': 'sandbox_unavailable',
  'registry-refused': 'sandbox_unavailable',
  'hash-mismatch': 'sandbox_unavailable',
  'unsafe-package': 'invalid_arguments',
  'no-installer': 'sandbox_unavailable',
  'no-space': 'disk_full',
  other: 'sandbox_unavailable',
}

export function packageFailure(
  reason: PackageFailure,
  message: string,
  options: { hint: string; registry?: string; details?: Record<string, unknown> },
): HandaxeError {
  const registry = options.registry === undefined ? {} : { registry: printable(options.registry, 2000) }
  return new HandaxeError(CODES[reason], message, {
    hint: options.hint,
    details: { reason, ...registry, ...options.details },
  })
}

export function diskFull(): HandaxeError {
  return packageFailure('no-space', 'The disk became full while the environment was built; nothing of it was kept', {
    hint: 'Free some space on the disk of the data folder, or remove an environment: handaxe env list',
  })
}

/** Our own file operations meet a full disk too. */
export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException | null)?.code ?? '')
}

/** "Did you mean …?" for a name that the registry does not know. */
export function unknownPackage(name: string, language: ToolLanguage, registry: string): HandaxeError {
  const near = closest(name, popularPackages(language))
  return packageFailure('not-found', `The registry has no package '${printable(name, 100)}'`, {
    registry,
    details: { package: name, ...(near === null ? {} : { closest: near }) },
    hint: near === null ? 'Check the name; it may differ from the name that is imported.' : `Did you mean '${near}'?`,
  })
}
