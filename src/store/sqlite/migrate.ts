import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { HandaxeError } from '../../contracts/errors.ts'
import { assetPath } from '../../util/asset-path.ts'
import { corruptError } from './sqlite-errors.ts'

/** Written into the file's header ("hand"), so that another program's database is not taken for ours. */
export const APPLICATION_ID = 0x68616e64

/** In order; number n brings a store from version n - 1 to n. Never change one that was released. */
export const MIGRATIONS: readonly string[] = ['0001-initial.sql', '0002-scripts.sql', '0003-life.sql']

export interface MigrationOptions {
  path: string
  /** SQL texts, for tests; default: the released ones. */
  scripts?: readonly string[]
}

/**
 * Brings the database to the current version, in one transaction: of two processes that open it at the same time one
 * does it and the other finds it done. Before an existing store is changed, a copy of it is laid beside it as
 * `<path>.before-v<new version>`. Throws `store_newer`, `store_corrupt` and what SQLite throws (busy: call again).
 */
export function migrate(database: DatabaseSync, { path, scripts }: MigrationOptions): void {
  const target = scripts?.length ?? MIGRATIONS.length
  const before = readVersion(database, path, target)
  if (before === target) return
  if (before > 0) copyBefore(database, `${path}.before-v${target}`)
  database.exec('BEGIN IMMEDIATE')
  try {
    // Read again under the lock: another process may have been faster.
    for (let version = readVersion(database, path, target); version < target; version += 1) {
      database.exec(scripts?.[version] ?? readScript(version))
      database.exec(`PRAGMA user_version = ${version + 1}; PRAGMA application_id = ${APPLICATION_ID}`)
    }
    database.exec('COMMIT')
  } finally {
    if (database.isTransaction) database.exec('ROLLBACK')
  }
}

/** 0 for an empty database. */
function readVersion(database: DatabaseSync, path: string, target: number): number {
  const { version, applicationId, tables } = readHeader(database)
  if (applicationId === APPLICATION_ID) {
    if (version <= target) return version
    throw new HandaxeError('store_newer', `${path} was written by a newer handaxe`, {
      hint: 'Update handaxe, or name another place by HANDAXE_STORE.',
      details: { path, version, supported: target },
    })
  }
  if (version === 0 && tables === 0) return 0
  throw corruptError(path, undefined, 'is a database of another program')
}

/**
 * In one transaction, so in one state of the database: another process that makes the same store between two of these would
 * look like another program's database.
 */
function readHeader(database: DatabaseSync): { version: number; applicationId: number; tables: number } {
  const isOwn = !database.isTransaction
  if (isOwn) database.exec('BEGIN')
  try {
    const count = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()
    return {
      version: readPragma(database, 'user_version'),
      applicationId: readPragma(database, 'application_id'),
      tables: Number(count?.['tables']),
    }
  } finally {
    if (isOwn && database.isTransaction) database.exec('ROLLBACK')
  }
}

function readPragma(database: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name])
}

function copyBefore(database: DatabaseSync, copy: string): void {
  if (existsSync(copy)) return
  // Under another name until it is whole: a process that dies here leaves no half copy that looks like one.
  const partial = `${copy}.${process.pid}.partial`
  rmSync(partial, { force: true })
  database.prepare('VACUUM INTO ?').run(partial)
  renameSync(partial, copy)
}

function readScript(version: number): string {
  const name = MIGRATIONS[version]
  if (name === undefined) throw new RangeError(`There is no migration from version ${version}`)
  return readFileSync(assetPath(`store/sqlite/migrations/${name}`), 'utf8')
}
