import type { Database } from '../postgres/database.ts'
import { countText, createCounts, writeCounts } from '../postgres/index-counts.ts'
import { indexedStems, insertTexts } from '../postgres/index-postings.ts'
import { openPostgresDatabase } from '../postgres/open-postgres-store.ts'
import { toStoreError } from '../postgres/postgres-errors.ts'
import type { Transaction } from '../postgres/transaction.ts'
import { parseIndexText } from '../records/index-text.ts'
import { TABLES, TEXT_TABLE, type Cell, type ColumnKind, type Table } from './tables.ts'
import type { TransferSource, TransferTarget } from './tables.ts'

/** A copy has pauses on this side while the other one works, and statements over whole tables. */
const OPTIONS = { lockTimeoutMs: 10_000, statementTimeoutMs: 0 }

const TYPES: Record<ColumnKind, string> = { text: 'text', integer: 'bigint', real: 'float8', boolean: 'boolean' }

/** Works on the state that the store has at the beginning. Rejects with `store_unavailable` where there is none. */
export async function readPostgres<Result>(
  address: string,
  work: (source: TransferSource) => Promise<Result>,
): Promise<Result> {
  const database = await openPostgresDatabase(address, { ...OPTIONS, create: false })
  return closing(database, async () =>
    database.read(async (transaction) => work(new PostgresSide(transaction, database.name))),
  )
}

/** Works in one transaction, while which nobody else can write. */
export async function writePostgres<Result>(
  address: string,
  work: (target: TransferTarget) => Promise<Result>,
): Promise<Result> {
  const database = await openPostgresDatabase(address, OPTIONS)
  return closing(database, async () =>
    database.write('library', async (transaction) => {
      const tables = TABLES.map(({ name }) => name).join(', ')
      await transaction.script(`LOCK TABLE ${tables} IN SHARE ROW EXCLUSIVE MODE`)
      const side = new PostgresSide(transaction, database.name)
      const result = await work(side)
      await side.finish()
      return result
    }),
  )
}

async function closing<Result>(database: Database, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } finally {
    await database.close()
  }
}

class PostgresSide implements TransferTarget {
  readonly name: string
  readonly #transaction: Transaction
  /** Of all texts together: to change the same lines for each page would take the server ever longer. */
  readonly #counts = createCounts()

  constructor(transaction: Transaction, name: string) {
    this.#transaction = transaction
    this.name = name
  }

  async count({ name }: Table): Promise<number> {
    const row = await this.#named(this.#transaction.get<{ rows: number }>(`SELECT count(*) AS rows FROM ${name}`))
    return row?.rows ?? 0
  }

  async rowsAfter({ name, columns, key }: Table, after: readonly Cell[] | null, limit: number): Promise<Cell[][]> {
    const places = key.map((column, index) => `$${index + 2}::${TYPES[columns[column] ?? 'text']}`).join(', ')
    const following = after === null ? '' : `WHERE (${key.join(', ')}) > (${places})`
    const sql = `SELECT ${Object.keys(columns).join(', ')} FROM ${name} ${following} ORDER BY ${key.join(', ')} LIMIT $1::int`
    const rows = await this.#named(this.#transaction.all<Record<string, Cell>>(sql, limit, ...(after ?? [])))
    return rows.map((row) => Object.keys(columns).map((column) => row[column] ?? null))
  }

  async insert({ name, columns }: Table, rows: readonly Cell[][]): Promise<void> {
    if (name === TEXT_TABLE) {
      const texts = rows.map(([id, stems]) => ({ toolId: Number(id), text: parseIndexText(String(stems)) }))
      for (const { text } of texts) countText(this.#counts, text, indexedStems(text), 1)
      return this.#named(insertTexts(this.#transaction, texts))
    }
    const lists = Object.values(columns).map((kind, index) => `$${index + 1}::${TYPES[kind]}[]`)
    await this.#named(
      this.#transaction.run(
        `INSERT INTO ${name} (${Object.keys(columns).join(', ')}) SELECT * FROM unnest(${lists.join(', ')})`,
        ...Object.keys(columns).map((_, index) => rows.map((row) => row[index] ?? null)),
      ),
    )
  }

  /** What goes with the rows as a whole: the counts beside the index, and the numbers that the next rows shall have. */
  async finish(): Promise<void> {
    if (this.#counts.lengths.size > 0) await writeCounts(this.#transaction, this.#counts)
    for (const { name } of TABLES.filter(({ columns }) => 'id' in columns)) {
      await this.#transaction.run(
        `SELECT setval(pg_get_serial_sequence('${name}', 'id'), coalesce(max(id), 0) + 1, false) FROM ${name}`,
      )
    }
  }

  /** As errors of this store: the transaction of the other one must not take a loss of this connection for its own. */
  async #named<Result>(answer: Promise<Result>): Promise<Result> {
    try {
      return await answer
    } catch (error) {
      throw toStoreError(error, this.name)
    }
  }
}
