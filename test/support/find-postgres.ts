import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs'
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

/** Where the server looks for extensions: their descriptions and their code. Null where that is not known. */
export function extensionFolders(programs: string): { share: string; library: string } | null {
  const version = new RegExp(`^${DEBIAN_VERSIONS}/(\\d+)/bin$`).exec(programs)?.[1]
  if (version !== undefined) {
    return {
      share: join('/usr/share/postgresql', version, 'extension'),
      library: join(DEBIAN_VERSIONS, version, 'lib'),
    }
  }
  const config = join(programs, 'pg_config')
  if (!isExecutable(config)) return null
  const ask = (option: string): string => spawnSync(config, [option], { encoding: 'utf8' }).stdout.trim()
  return { share: join(ask('--sharedir'), 'extension'), library: ask('--pkglibdir') }
}

/** The description of the extension pgvector of the server that the tests use; null where it does not have it. */
export function findPgvector(): string | null {
  const programs = findPostgres()
  const folders = programs === null ? null : extensionFolders(programs)
  const control = folders === null ? '' : join(folders.share, 'vector.control')
  return existsSync(control) ? control : null
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
