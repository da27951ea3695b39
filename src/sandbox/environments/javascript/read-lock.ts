import { z } from 'zod'
import type { LockedPackage } from '../../../contracts/environment.ts'
import { packageFailure } from '../failure.ts'
import type { Resolution } from '../installer.ts'
import { printable } from '../printable.ts'

/** Part of a `package-lock.json`, version 3. */
const lockFile = z.object({
  lockfileVersion: z.literal(3),
  packages: z.record(
    z.string(),
    z.object({
      name: z.string().optional(),
      version: z.string().optional(),
      resolved: z.string().optional(),
      integrity: z.string().optional(),
      link: z.boolean().optional(),
      inBundle: z.boolean().optional(),
      optional: z.boolean().optional(),
      hasInstallScript: z.boolean().optional(),
    }),
  ),
})
type Entry = z.infer<typeof lockFile>['packages'][string]

const PREFIX = 'node_modules/'
const NAME = /^(?:@[a-z0-9._~-]+\/)?[a-z0-9._~-]+$/i

/**
 * What npm resolved. Throws `invalid_arguments` where a package comes from elsewhere than the registry or has no strong
 * hash: `omit-lockfile-registry-resolved` leaves an address only to those that are not the registry's.
 */
export function readLock(lockText: string): Resolution {
  const { packages } = lockFile.parse(JSON.parse(lockText))
  const lock: LockedPackage[] = []
  const warnings: string[] = []
  for (const [path, entry] of Object.entries(packages)) {
    if (path === '') continue
    const name = entry.name ?? path.slice(path.lastIndexOf(PREFIX) + PREFIX.length)
    assertFromRegistry(path, name, entry)
    // It lies inside the archive of another package, under that one's hash.
    if (entry.inBundle === true) continue
    lock.push({
      name,
      version: entry.version ?? '',
      integrity: entry.integrity ?? '',
      file: path.slice(PREFIX.length),
      fromSource: false,
    })
    if (entry.hasInstallScript === true) {
      warnings.push(`${name} ${entry.version} has an install script, which was not run: parts of it may be missing`)
    }
  }
  return { lockText, lock, base: [], warnings }
}

function assertFromRegistry(path: string, name: string, entry: Entry): void {
  const safePath = path.startsWith(PREFIX) && !path.split('/').includes('..') && NAME.test(name)
  const foreign = entry.link === true || entry.resolved !== undefined || entry.version === undefined || !safePath
  if (foreign) {
    throw packageFailure(
      'unsafe-package',
      `${printable(name, 100)} does not come from the registry but from elsewhere`,
      {
        details: { package: name },
        hint: 'Leave out the package that depends on it.',
      },
    )
  }
  if (entry.inBundle !== true && !/^sha(?:256|384|512)-[A-Za-z0-9+/]+=*( |$)/.test(entry.integrity ?? '')) {
    throw packageFailure(
      'hash-mismatch',
      `The registry gives no strong hash for ${printable(name, 100)}: it cannot be locked`,
      {
        details: { package: name },
        hint: 'Use a registry that serves SHA-512 integrity values.',
      },
    )
  }
}
