import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { HandaxeError } from '../contracts/errors.ts'
import { isPostgresAddress, refuseOtherAddress } from './postgres/address.ts'
import { readPages, TABLES, type Table, type TransferSource, type TransferTarget } from './transfer/tables.ts'

export interface StoreMigrationOptions {
  /** Paths as `openStore` takes them. */
  from: string
  to: string
  onProgress?: (progress: StoreMigrationProgress) => void
  signal?: AbortSignal
}

export interface StoreMigrationProgress {
  phase: 'copy' | 'verify'
  table: string
  /** Rows of this table that are done, and all that it has. */
  rows: number
  total: number
}

export interface StoreMigration {
  /** True where the target held the same already: nothing was written. */
  wasThere: boolean
  tables: TableDigest[]
}

export interface TableDigest {
  table: string
  rows: number
  /** Over all cells of all rows, in the order of the key; the same for both engines. */
  sha256: string
}

/**
 * Copies a store, library and journal, to an empty one of either engine, in one transaction: where it is interrupted, the
 * target is as empty as before, and it can be begun again. What is written to `from` meanwhile does not come along. What
 * was written is read back and compared by counts and hashes before it is kept. Files of runs do not move.
 *
 * Rejects with `invalid_request` where the target holds something else, with `store_unavailable` where there is no store
 * at `from`, with `cancelled`, and as `openStore` does.
 */
export async function migrateStore(options: StoreMigrationOptions): Promise<StoreMigration> {
  const { from, to } = options
  refuseOtherAddress(from)
  refuseOtherAddress(to)
  return readStore(from, async (source) => writeStore(to, async (target) => move(source, target, options)))
}

async function readStore<Result>(path: string, work: (source: TransferSource) => Promise<Result>): Promise<Result> {
  if (isPostgresAddress(path)) {
    const { readPostgres } = await import('./transfer/postgres-side.ts')
    return readPostgres(path, work)
  }
  const { readSqlite } = await import('./transfer/sqlite-side.ts')
  return readSqlite(path, work)
}

async function writeStore<Result>(path: string, work: (target: TransferTarget) => Promise<Result>): Promise<Result> {
  if (isPostgresAddress(path)) {
    const { writePostgres } = await import('./transfer/postgres-side.ts')
    return writePostgres(path, work)
  }
  const { writeSqlite } = await import('./transfer/sqlite-side.ts')
  return writeSqlite(path, work)
}

async function move(
  source: TransferSource,
  target: TransferTarget,
  options: StoreMigrationOptions,
): Promise<StoreMigration> {
  if (await isEmpty(target)) {
    const tables = await visitTables(source, 'copy', options, async (table, rows) => target.insert(table, rows))
    const written = await visitTables(target, 'verify', options)
    const different = findDifference(tables, written)
    if (different === null) return { wasThere: false, tables }
    throw new HandaxeError('internal', `The copy of ${different} in ${target.name} is not what was read`, {
      hint: 'Nothing was kept of it.',
      details: { read: tables, written },
    })
  }
  const [held, wanted] = [await visitTables(target, 'verify', options), await visitTables(source, 'verify', options)]
  if (findDifference(held, wanted) === null) return { wasThere: true, tables: held }
  throw new HandaxeError('invalid_request', `${target.name} is not empty`, {
    hint: 'Name a new file, or another schema (postgres://…/database?schema=name). Stores are not mixed.',
    details: { path: target.name, held, wanted },
  })
}

async function isEmpty(target: TransferTarget): Promise<boolean> {
  for (const table of TABLES) if ((await target.count(table)) > 0) return false
  return true
}

/** Reads all tables through, hands on their rows, and gives what they are known by. */
async function visitTables(
  store: TransferSource,
  phase: 'copy' | 'verify',
  { onProgress, signal }: StoreMigrationOptions,
  visit: (table: Table, rows: Parameters<TransferTarget['insert']>[1]) => Promise<void> = async () => undefined,
): Promise<TableDigest[]> {
  const digests: TableDigest[] = []
  for (const table of TABLES) {
    const total = await store.count(table)
    const hash = createHash('sha256')
    let rows = 0
    for await (const page of readPages(store, table)) {
      // SQLite answers at once: without a turn of the event loop no Ctrl-C would be seen until all is done.
      await setImmediate()
      assertNotCancelled(signal)
      await visit(table, page)
      for (const row of page) hash.update(`${JSON.stringify(row)}\n`)
      rows += page.length
      onProgress?.({ phase, table: table.name, rows, total })
    }
    digests.push({ table: table.name, rows, sha256: hash.digest('hex') })
  }
  return digests
}

/** The name of the first table that is not the same. */
function findDifference(left: TableDigest[], right: TableDigest[]): string | null {
  const different = left.find(
    ({ rows, sha256 }, index) => rows !== right[index]?.rows || sha256 !== right[index]?.sha256,
  )
  return different?.table ?? null
}

function assertNotCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return
  throw new HandaxeError('cancelled', 'The move of the store was cancelled', {
    hint: 'Nothing of it was kept; it can be begun again.',
  })
}
