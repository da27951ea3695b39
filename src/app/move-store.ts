import { HandaxeError } from '../contracts/errors.ts'
import { migrateStore, type StoreMigration, type StoreMigrationProgress } from '../store/migrate-store.ts'
import { hidePassword } from '../store/postgres/address.ts'

export interface MoveStoreOptions {
  /** Paths of SQLite files, or addresses of PostgreSQL. */
  from: string
  to: string
  onProgress?: (progress: StoreMigrationProgress) => void
  signal?: AbortSignal
}

export interface MovedStore extends StoreMigration {
  /** As they may be shown: without passwords. */
  from: string
  to: string
  rows: number
}

/** Copies a library with its journal to the other engine, or to another place. Rejects as `migrateStore` does. */
export async function moveStore(options: MoveStoreOptions): Promise<MovedStore> {
  const { from, to } = options
  const shown = { from: hidePassword(from), to: hidePassword(to) }
  if (from === to) {
    throw new HandaxeError('invalid_request', `The store is to be moved from ${shown.from} to itself`, {
      hint: 'Name another file, or another schema (postgres://…/database?schema=name).',
    })
  }
  const moved = await migrateStore(options)
  return { ...moved, ...shown, rows: moved.tables.reduce((sum, { rows }) => sum + rows, 0) }
}
