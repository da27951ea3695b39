import { z } from 'zod'
import type { HandaxeError } from '../../../contracts/errors.ts'
import { lastLines } from '../../setup/system-packages.ts'
import { diskFull, packageFailure, unknownPackage } from '../failure.ts'
import { printable } from '../printable.ts'
import type { InstallerOutcome } from '../run-installer.ts'

const failure = z.object({
  error: z.object({ code: z.string().nullish(), summary: z.string().nullish(), detail: z.string().nullish() }),
})

const UNREACHABLE =
  /^(ECONN\w+|EAI_AGAIN|ENOTFOUND|ETIMEDOUT|ERR_SOCKET_TIMEOUT|EHOSTUNREACH|ENETUNREACH|EPROTO|E5\d\d|ERR_TLS\w*|UNABLE_TO_\w+|SELF_SIGNED\w+|DEPTH_ZERO\w+|CERT_\w+)$/

/** Why npm failed, by its code, with the registry's own reason and what to do next. */
export function explainNpmFailure(outcome: InstallerOutcome): HandaxeError {
  const { code, reason } = parseFailure(outcome)
  const registry = reason
  const name = /'((?:@[^/@']+\/)?[^@']+)@[^']*'/.exec(reason)?.[1] ?? nameInAddress(reason)
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull()
  if (code === 'E404' && name !== null) return unknownPackage(name, 'javascript', registry)
  if (code === 'ETARGET' || code === 'E404') {
    return packageFailure('no-version', printable(reason, 400), {
      registry,
      hint: 'Ask for another version, or for none in particular.',
    })
  }
  if (code === 'ERESOLVE') {
    return packageFailure('conflict', `These packages exclude each other: ${printable(reason, 800)}`, {
      registry,
      hint: 'Loosen the versions, or make two environments.',
    })
  }
  if (code === 'EINTEGRITY') {
    return packageFailure('hash-mismatch', 'The registry served another file than it had announced', {
      registry,
      hint: 'Try again; if it stays so, do not trust this registry.',
    })
  }
  if (code === 'E401' || code === 'E403' || code === 'ENEEDAUTH') {
    return packageFailure('registry-refused', 'The npm registry refuses access', {
      registry,
      hint: 'Check the login for the registry that `npm config get registry` shows.',
    })
  }
  if (UNREACHABLE.test(code)) {
    return packageFailure('registry-unreachable', 'The npm registry cannot be reached', {
      registry,
      hint: 'Check the network, the proxy, and what `npm config get registry` shows.',
    })
  }
  if (code.startsWith('EALLOW')) {
    return packageFailure(
      'unsafe-package',
      'A package depends on a repository, an address or a file: it was not fetched',
      {
        registry,
        hint: 'Leave out the package that depends on it.',
      },
    )
  }
  return packageFailure('other', `npm could not install the packages: ${printable(reason, 800)}`, {
    registry,
    hint: 'Run the same with npm by hand and look at its output.',
  })
}

function parseFailure({ stdout, stderr }: InstallerOutcome): { code: string; reason: string } {
  try {
    const { error } = failure.parse(JSON.parse(stdout))
    const reason = [error.summary, error.detail].filter(Boolean).join(': ')
    // What follows is advice on npm's own options.
    const [facts = ''] = reason.split(/\s*(?:Fix the upstream dependency|Note that you can also install)/, 1)
    return { code: error.code ?? '', reason: printable(facts) }
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof z.ZodError)) throw error
    return { code: /npm (?:error|ERR!) code (\w+)/.exec(stderr)?.[1] ?? '', reason: printable(lastLines(stderr, 6)) }
  }
}

/** `Not Found - GET https://registry/@scope%2fname - …`. */
function nameInAddress(reason: string): string | null {
  const address = /GET (\S+)/.exec(reason)?.[1]
  if (address === undefined || !URL.canParse(address)) return null
  const [last = ''] = new URL(address).pathname.split('/').slice(-1)
  return /^(?:@[\w.~-]+%2f)?[\w.~-]+$/i.test(last) ? last.replace(/%2f/i, '/') : null
}
