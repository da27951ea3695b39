import type { StoreWithVectors } from '../contracts/vectors.ts'
import { disposable } from '../util/disposable.ts'
import { isPostgresAddress, refuseOtherAddress } from './postgres/address.ts'

export interface StoreOptions {
  /**
   * `postgres://user:password@host:5432/database` for a shared store, in the schema `handaxe` or in `?schema=name`.
   * Everything else is the file of an embedded one; made where it is missing, with its folder. `:memory:` keeps nothing.
   */
  path: string
  /** How long to wait for other processes that write. Default 10 seconds; then `store_locked`. */
  lockTimeoutMs?: number
}

/**
 * Opens the store: PostgreSQL, or a SQLite file. Any number of processes may have it open at once. Close it, or open it
 * with `await using`.
 * Rejects with `store_newer`, `store_corrupt`, `store_read_only`, `store_locked`, `store_unavailable` or `disk_full`.
 */
export async function openStore({
  path,
  lockTimeoutMs = 10_000,
}: StoreOptions): Promise<StoreWithVectors & AsyncDisposable> {
  refuseOtherAddress(path)
  // The engines are loaded when they are asked for: the driver of PostgreSQL takes longer than opening a file.
  if (isPostgresAddress(path)) {
    const { openPostgresStore } = await import('./postgres/open-postgres-store.ts')
    return disposable(await openPostgresStore(path, { lockTimeoutMs }))
  }
  const [{ openDatabase }, { SqliteJournalStore }, { SqliteScriptStore }, { SqliteToolStore }, { SqliteVectorStore }] =
    await Promise.all([
      import('./sqlite/open-database.ts'),
      import('./sqlite/journal-store.ts'),
      import('./sqlite/script-store.ts'),
      import('./sqlite/tool-store.ts'),
      import('./sqlite/vector-store.ts'),
    ])
  const database = await openDatabase(path, { lockTimeoutMs })
  return disposable({
    tools: new SqliteToolStore(database),
    scripts: new SqliteScriptStore(database),
    journal: new SqliteJournalStore(database),
    vectors: new SqliteVectorStore(database),
    close: async () => database.close(),
  })
}
