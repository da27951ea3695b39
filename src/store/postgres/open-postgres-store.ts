import type { StoreWithVectors } from '../../contracts/vectors.ts'
import { parseAddress } from './address.ts'
import { Database, type DatabaseOptions } from './database.ts'
import { PostgresJournalStore } from './journal-store.ts'
import { migrate } from './migrate.ts'
import { PostgresScriptStore } from './script-store.ts'
import { PostgresToolStore } from './tool-store.ts'
import { PostgresVectorStore } from './vector-store.ts'

/** Opens the shared store at an address as `parseAddress` takes it; makes its schema where it is missing. */
export async function openPostgresStore(address: string, options: DatabaseOptions): Promise<StoreWithVectors> {
  const database = await openPostgresDatabase(address, options)
  return {
    tools: new PostgresToolStore(database),
    scripts: new PostgresScriptStore(database),
    journal: new PostgresJournalStore(database),
    vectors: new PostgresVectorStore(database),
    close: async () => database.close(),
  }
}

/** The same without the store's methods over it; `create: false` refuses where there is no store. */
export async function openPostgresDatabase(
  address: string,
  { create = true, ...options }: DatabaseOptions & { create?: boolean },
): Promise<Database> {
  const database = new Database(parseAddress(address), options)
  try {
    await migrate(database, { create })
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}
