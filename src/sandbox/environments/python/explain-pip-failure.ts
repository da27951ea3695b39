import type { HandaxeError } from '../../../contracts/errors.ts'
import { diskFull, packageFailure, unknownPackage } from '../failure.ts'
import { normalisePackageName } from '../parse-requirement.ts'
import { printable } from '../printable.ts'
import type { InstallerOutcome } from '../run-installer.ts'
import type { PythonBase } from './describe-python-base.ts'
import type { Pip } from './find-pip.ts'

// pip has one exit code for all failures: only its text tells them apart. The texts are those of pip 22 to 26.
const UNREACHABLE =
  /NewConnectionError|ConnectTimeoutError|ReadTimeoutError|NameResolutionError|ProxyError|SSLError|ConnectionResetError|RemoteDisconnected|Temporary failure in name resolution|Max retries exceeded|Could not install packages due to an OSError: HTTPS?ConnectionPool/
const NO_SPACE = /No space left on device|Disk quota exceeded|\[Errno (28|122)\]/
const REFUSED = /\b(401|403)\b (Client )?Error|HTTP error (401|403)|: (401|403) (Unauthorized|Forbidden)/
const NOT_FETCHED = /Could not fetch URL \S+: (?!404 ).*|.*is not a trusted or secure host.*/
const BUILD_REFUSED = /a package wanted to run a program during its installation/
const MISMATCH = /DO NOT MATCH THE HASHES/
const CONFLICT = /ResolutionImpossible|have conflicting dependencies/
const MISSING = /No matching distribution found for ([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)/

/** True where it cannot help to let go of the base's versions. */
export function isFinal({ stdout, stderr }: InstallerOutcome, base: PythonBase): boolean {
  const text = stdout + stderr
  const missing = MISSING.exec(text)?.[1]
  if (missing !== undefined && !base.packages.some((one) => one.name === normalisePackageName(missing, 'python')))
    return true
  return [UNREACHABLE, NO_SPACE, REFUSED, BUILD_REFUSED].some((pattern) => pattern.test(text))
}

/** Why pip failed, with its own reason, and what to do next. */
export async function explainPipFailure(
  outcome: InstallerOutcome,
  context: { pip: Pip; base: PythonBase },
): Promise<HandaxeError> {
  const text = `${outcome.stdout}\n${outcome.stderr}`
  const registry = reasonOf(text)
  if (NO_SPACE.test(text)) return diskFull()
  if (BUILD_REFUSED.test(text)) {
    return packageFailure(
      'unsafe-package',
      'A package wanted to run a program during its installation; it was stopped',
      {
        registry,
        hint: 'It depends on a repository, an address or a source archive. Leave it out.',
      },
    )
  }
  if (UNREACHABLE.test(text)) return unreachable(registry)
  if (REFUSED.test(text)) return refused(registry)
  if (MISMATCH.test(text)) {
    return packageFailure('hash-mismatch', 'The index served another file than it had announced', {
      registry,
      hint: 'Try again; if it stays so, do not trust this index.',
    })
  }
  if (CONFLICT.test(text)) {
    return packageFailure('conflict', `These packages exclude each other: ${registry}`, {
      registry,
      hint: 'Loosen the versions, or make two environments.',
    })
  }
  const missing = MISSING.exec(text)?.[1]
  if (missing !== undefined) return explainMissing(missing, text, registry, context)
  return packageFailure('other', `pip could not install the packages: ${registry}`, {
    registry,
    hint: 'Run the same with pip by hand and look at its output.',
  })
}

/** pip says the same of a name that nobody took and of a package without wheels; its index command knows the difference. */
async function explainMissing(
  name: string,
  text: string,
  registry: string,
  { pip, base }: { pip: Pip; base: PythonBase },
): Promise<HandaxeError> {
  const offered = /\(from versions: ([^)]*)\)/.exec(text)?.[1] ?? 'none'
  if (offered !== 'none') {
    const versions = printable(offered, 400)
    return packageFailure('no-version', `There is no such version of '${name}'; there are: ${versions}`, {
      registry,
      details: { package: name },
      hint: 'Ask for one of these versions, or for none in particular.',
    })
  }
  // Only at this verbosity pip tells that an index did not answer.
  const all = await pip(['index', 'versions', name, '--pre', '-vv'])
  const output = all.stdout + all.stderr
  const versions = /Available versions: (.*)/.exec(output)?.[1]
  if (all.exitCode !== 0 || versions === undefined) {
    const failed = NOT_FETCHED.exec(output)?.[0]
    if (failed === undefined) return unknownPackage(name, 'python', registry)
    return REFUSED.test(failed) ? refused(failed) : unreachable(failed)
  }
  const where = `Python ${base.version} on ${base.platform}`
  return packageFailure(
    'source-only',
    `'${name}' has no wheel for ${where}, only source (${printable(versions, 200)})`,
    {
      registry,
      details: { package: name },
      hint: 'Choose another package. Building it would run its code on this machine; that has to be allowed (source distributions).',
    },
  )
}

function unreachable(registry: string): HandaxeError {
  return packageFailure('registry-unreachable', 'The Python package index cannot be reached', {
    registry,
    hint: 'Check the network, the proxy, and the index that `pip config list` shows.',
  })
}

function refused(registry: string): HandaxeError {
  return packageFailure('registry-refused', 'The Python package index refuses access', {
    registry,
    hint: 'Check the login for the index that `pip config list` shows.',
  })
}

/** What pip says itself: its error lines, and the explanation that follows a conflict. */
function reasonOf(text: string): string {
  const lines = text.split(/[\r\n]+/).map((line) => line.trim())
  const start = lines.findIndex((line) => line.startsWith('The conflict is caused by'))
  if (start >= 0) {
    const end = lines.findIndex((line, index) => index > start && /^(To fix this|Additionally)/.test(line))
    return printable(lines.slice(start + 1, end < 0 ? start + 12 : end).join('; '), 1500)
  }
  const errors = lines.filter((line) => line.startsWith('ERROR:')).map((line) => line.slice('ERROR:'.length).trim())
  return printable((errors.length > 0 ? errors : lines.filter((line) => line !== '').slice(-4)).join(' | '), 1500)
}
