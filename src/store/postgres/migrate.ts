import { readFileSync } from 'node:fs'
import { escapeIdentifier } from 'pg'
import { HandaxeError } from '../../contracts/errors.ts'
import { assetPath } from '../../util/asset-path.ts'
import type { Database } from './database.ts'
import type { Transaction } from './transaction.ts'

/** In order; number n brings a store from version n - 1 to n. Never change one that was released. */
export const MIGRATIONS: readonly string[] = ['0001-initial.sql', '0002-scripts.sql', '0003-life.sql']

/** 13 brought the transaction numbers that tell what became of a lost commit. */
const OLDEST_SERVER = 130_000

export interface MigrationOptions {
  /** False: a store that is not there is `store_unavailable`. Default true. */
  create?: boolean
  /** SQL texts, for tests; default: the released ones. */
  scripts?: readonly string[]
}

/**
 * Makes the schema, or brings it to the current version, in one transaction under the lock on the library: of two
 * processes that open it at the same time one does it and the other finds it done. A schema that is current needs no
 * right to change it. Rejects with `store_newer`, `store_corrupt`, `store_unavailable` and what any call does.
 */
export async function migrate(database: Database, { create = true, scripts }: MigrationOptions = {}): Promise<void> {
  const target = scripts?.length ?? MIGRATIONS.length
  const before = await database.read(async (transaction) => {
    await assertServer(transaction, database.name)
    return readVersion(transaction, database, target)
  })
  if (before === target) return
  if (before === 0 && !create) {
    throw new HandaxeError(
      'store_unavailable',
      `There is no store in the schema ${database.schema} of ${database.name}`,
      {
        hint: 'Name the schema that it is in: postgres://…/database?schema=name.',
        details: { path: database.name, schema: database.schema },
      },
    )
  }
  await database.write('schema', async (transaction) => {
    // Read again under the lock: another process may have been faster.
    const version = await readVersion(transaction, database, target)
    if (version === 0) await createSchema(transaction, database.schema)
    for (let from = version; from < target; from += 1) {
      await transaction.script(scripts?.[from] ?? readScript(from))
      await transaction.run('INSERT INTO handaxe_migration (version) VALUES ($1)', from + 1)
    }
  })
}

async function assertServer(transaction: Transaction, name: string): Promise<void> {
  const server = await transaction.get<{ version: number; encoding: string }>(
    "SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding",
  )
  if (server === undefined) throw new TypeError('The server did not tell its version')
  if (server.version < OLDEST_SERVER) {
    throw new HandaxeError('store_unavailable', `${name} is a PostgreSQL older than 13`, {
      hint: 'Use PostgreSQL 13 or newer.',
      details: { path: name, version: server.version, supported: OLDEST_SERVER },
    })
  }
  if (server.encoding !== 'UTF8') {
    throw new HandaxeError('store_unavailable', `The database ${name} cannot hold all characters`, {
      hint: "Make one that can: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.",
      details: { path: name, encoding: server.encoding },
    })
  }
}

/** 0 where the schema is missing or empty. */
async function readVersion(transaction: Transaction, { name, schema }: Database, target: number): Promise<number> {
  const found = await transaction.get<{ migrated: boolean; tables: number }>(
    `SELECT count(*) AS tables, coalesce(bool_or(c.relname = 'handaxe_migration'), false) AS migrated
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1::text AND c.relkind IN ('r', 'p', 'm', 'f')`,
    schema,
  )
  if (found?.migrated === true) {
    const row = await transaction.get<{ version: number }>('SELECT max(version) AS version FROM handaxe_migration')
    const version = row?.version ?? 0
    if (version <= target) return version
    throw new HandaxeError('store_newer', `${name} was written by a newer handaxe`, {
      hint: 'Update handaxe, or name another place by HANDAXE_STORE.',
      details: { path: name, version, supported: target },
    })
  }
  if (found?.tables === 0) return 0
  throw new HandaxeError('store_corrupt', `The schema ${schema} of ${name} holds tables of another program`, {
    hint: 'Nothing was changed. Name another schema in HANDAXE_STORE: postgres://…/database?schema=name.',
    details: { path: name, schema },
  })
}

async function createSchema(transaction: Transaction, schema: string): Promise<void> {
  const [row] = await transaction.all('SELECT 1 AS found FROM pg_namespace WHERE nspname = $1::text', schema)
  // Not IF NOT EXISTS, which asks for the right to create schemas even where there is nothing to create.
  if (row === undefined) await transaction.script(`CREATE SCHEMA ${escapeIdentifier(schema)}`)
  await transaction.script(
    'CREATE TABLE IF NOT EXISTS handaxe_migration (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
  )
}

function readScript(version: number): string {
  const name = MIGRATIONS[version]
  if (name === undefined) throw new RangeError(`There is no migration from version ${version}`)
  return readFileSync(assetPath(`store/postgres/migrations/${name}`), 'utf8')
}
