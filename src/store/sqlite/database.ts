import { setTimeout as sleep } from 'node:timers/promises'
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { HandaxeError } from '../../contracts/errors.ts'
import { isBusy, toStoreError } from './sqlite-errors.ts'

/**
 * One connection. SQLite works on this thread, so a transaction here is never interleaved with another of this process;
 * with those of other processes it takes turns, by waiting without holding up the event loop.
 */
export class Database {
  readonly path: string
  readonly #connection: DatabaseSync
  readonly #lockTimeoutMs: number
  readonly #statements = new Map<string, StatementSync>()
  #closed = false

  constructor(connection: DatabaseSync, { path, lockTimeoutMs }: { path: string; lockTimeoutMs: number }) {
    this.#connection = connection
    this.path = path
    this.#lockTimeoutMs = lockTimeoutMs
  }

  /** Runs `work` and waits its turn where another process holds a lock. */
  async read<Result>(work: () => Result): Promise<Result> {
    return this.#retryWhileBusy(work)
  }

  /**
   * Runs `work` in a transaction that takes the write lock at once: one that read first and asked for the lock later
   * would lose to a writer in between. Nothing of it stays where it throws.
   */
  async write<Result>(work: () => Result): Promise<Result> {
    return this.#retryWhileBusy(() => {
      this.#connection.exec('BEGIN IMMEDIATE')
      try {
        const result = work()
        this.#connection.exec('COMMIT')
        return result
      } finally {
        if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK')
      }
    })
  }

  /** The caller names the shape of its own SELECT. */
  all<Row>(sql: string, ...parameters: SQLInputValue[]): Row[] {
    return this.#prepare(sql).all(...parameters) as unknown as Row[]
  }

  get<Row>(sql: string, ...parameters: SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...parameters) as unknown as Row | undefined
  }

  /** Gives the number of rows changed and the row id of the last one inserted. */
  run(sql: string, ...parameters: SQLInputValue[]): { changes: number; rowId: number } {
    const { changes, lastInsertRowid } = this.#prepare(sql).run(...parameters)
    return { changes: Number(changes), rowId: Number(lastInsertRowid) }
  }

  /** Makes the functions of a shared library callable in SQL. Until then, and again afterwards, nothing can load one. */
  loadExtension(path: string): void {
    this.#connection.enableLoadExtension(true)
    try {
      this.#connection.loadExtension(path)
    } finally {
      this.#connection.enableLoadExtension(false)
    }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#statements.clear()
    this.#connection.close()
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#connection.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  async #retryWhileBusy<Result>(work: () => Result): Promise<Result> {
    if (this.#closed) throw new HandaxeError('store_unavailable', `${this.path} is closed`, { hint: 'Open it again.' })
    return retryWhileBusy(work, { path: this.path, timeoutMs: this.#lockTimeoutMs })
  }
}

/**
 * Calls `work` again while another process holds the lock that it needs, for at most `timeoutMs`.
 * Rejects with what SQLite's error means (`toStoreError`).
 */
export async function retryWhileBusy<Result>(
  work: () => Result,
  { path, timeoutMs }: { path: string; timeoutMs: number },
): Promise<Result> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    try {
      return work()
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw toStoreError(error, path)
    }
    // Uneven waits: processes that collided once would collide again in step.
    await sleep(1 + Math.random() * 10)
  }
}
