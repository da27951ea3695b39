import { existsSync } from 'node:fs'
import type { SQLInputValue } from 'node:sqlite'
import { HandaxeError } from '../../contracts/errors.ts'
import { parseIndexText } from '../records/index-text.ts'
import type { Database } from '../sqlite/database.ts'
import { openDatabase } from '../sqlite/open-database.ts'
import { replaceIndexText } from '../sqlite/tool-index.ts'
import { TEXT_TABLE, type Cell, type Table, type TransferSource, type TransferTarget } from './tables.ts'

const LOCK_TIMEOUT_MS = 10_000

/** Works on the state that the store has at the beginning. Rejects with `store_unavailable` where there is none. */
export async function readSqlite<Result>(
  path: string,
  work: (source: TransferSource) => Promise<Result>,
): Promise<Result> {
  if (!existsSync(path)) {
    throw new HandaxeError('store_unavailable', `There is no store at ${path}`, {
      hint: 'Name the file of the store that is to be moved.',
      details: { path },
    })
  }
  return transact(path, 'BEGIN', async (database) => work(new SqliteSide(database)))
}

/** Works in one transaction, which nobody else can write besides. */
export async function writeSqlite<Result>(
  path: string,
  work: (target: TransferTarget) => Promise<Result>,
): Promise<Result> {
  return transact(path, 'BEGIN IMMEDIATE', async (database) => work(new SqliteSide(database)))
}

/**
 * A transaction over several turns of the event loop: on a connection of its own, so that no other call gets into it.
 */
async function transact<Result>(
  path: string,
  begin: string,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  const database = await openDatabase(path, { lockTimeoutMs: LOCK_TIMEOUT_MS })
  try {
    await database.read(() => database.run(begin))
    const result = await work(database)
    await database.read(() => database.run('COMMIT'))
    return result
  } finally {
    // Closing undoes what was not committed.
    database.close()
  }
}

class SqliteSide implements TransferTarget {
  readonly name: string
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
    this.name = database.path
  }

  async count({ name }: Table): Promise<number> {
    const row = await this.#database.read(() =>
      this.#database.get<{ rows: number }>(`SELECT count(*) AS rows FROM ${name}`),
    )
    return row?.rows ?? 0
  }

  async rowsAfter({ name, columns, key }: Table, after: readonly Cell[] | null, limit: number): Promise<Cell[][]> {
    const places = key.map(() => '?').join(', ')
    const following = after === null ? '' : `WHERE (${key.join(', ')}) > (${places})`
    const sql = `SELECT ${Object.keys(columns).join(', ')} FROM ${name} ${following} ORDER BY ${key.join(', ')} LIMIT ?`
    const rows = await this.#database.read(() =>
      this.#database.all<Record<string, string | number | null>>(sql, ...(after ?? []).map(toInput), limit),
    )
    return rows.map((row) =>
      Object.entries(columns).map(([column, kind]) => {
        const value = row[column] ?? null
        return kind === 'boolean' && value !== null ? value === 1 : value
      }),
    )
  }

  async insert({ name, columns }: Table, rows: readonly Cell[][]): Promise<void> {
    const names = Object.keys(columns)
    const sql = `INSERT INTO ${name} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`
    await this.#database.read(() => {
      for (const row of rows) {
        if (name === TEXT_TABLE) replaceIndexText(this.#database, Number(row[0]), parseIndexText(String(row[1])))
        else this.#database.run(sql, ...row.map(toInput))
      }
    })
  }
}

/** SQLite has no booleans. */
function toInput(cell: Cell): SQLInputValue {
  return typeof cell === 'boolean' ? Number(cell) : cell
}
