import type { Store } from '../contracts/store.ts'
import { openDatabase } from './sqlite/open-database.ts'
import { SqliteJournalStore } from './sqlite/journal-store.ts'
import { SqliteToolStore } from './sqlite/tool-store.ts'

export interface StoreOptions {
  /** The database file; made where it is missing, with its folder. `:memory:` keeps nothing. */
  path: string
  /** How long to wait for other processes that write. Default 10 seconds; then `store_locked`. */
  lockTimeoutMs?: number
}

/**
 * Opens the embedded store, a SQLite file that any number of processes may have open at once.
 * Rejects with `store_newer`, `store_corrupt`, `store_read_only`, `store_locked`, `store_unavailable` or `disk_full`.
 */
export async function openStore({ path, lockTimeoutMs = 10_000 }: StoreOptions): Promise<Store> {
  const database = await openDatabase(path, { lockTimeoutMs })
  return {
    tools: new SqliteToolStore(database),
    journal: new SqliteJournalStore(database),
    close: async () => database.close(),
  }
}
