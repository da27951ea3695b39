import { accessSync, constants, readdirSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const DEBIAN_VERSIONS = '/usr/lib/postgresql'

/** The folder of PostgreSQL's server programs, the newest there is; null where only the client is here, or nothing. */
export function findPostgres(): string | null {
  const folders = [
    ...debianVersions().map((version) => join(DEBIAN_VERSIONS, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ]
  return folders.find((folder) => ['initdb', 'postgres'].every((name) => isExecutable(join(folder, name)))) ?? null
}

/** User and group that the server runs as: it refuses to run as root. Null where this process is no root, or has no such user. */
export function findServerUser(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('postgres:'))
  const [, , uid, gid] = line?.split(':') ?? []
  return uid === undefined || gid === undefined ? null : { uid: Number(uid), gid: Number(gid) }
}

function debianVersions(): string[] {
  try {
    return readdirSync(DEBIAN_VERSIONS).toSorted((left, right) => Number(right) - Number(left))
  } catch {
    // No Debian, or nothing of PostgreSQL.
    return []
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
