import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import { HandaxeError } from '../../contracts/errors.ts'
import type { PostgresAddress } from './address.ts'
import { beginStatements, type TransactionKind } from './begin-statements.ts'
import { connect, createPool } from './pool.ts'
import {
  ConnectionLost,
  isCollision,
  isSessionOver,
  isStartingUp,
  isUnreachable,
  toStoreError,
} from './postgres-errors.ts'
import { Transaction } from './transaction.ts'

export interface DatabaseOptions {
  /** How long to wait for a lock that another process holds; then `store_locked`. */
  lockTimeoutMs: number
  connectTimeoutMs?: number
  /** What the server may take for one statement; 0 for any time. */
  statementTimeoutMs?: number
  /** How long a call goes on trying where the server is away, as it is for a restart. */
  reconnectTimeoutMs?: number
}

type Work<Result> = (transaction: Transaction) => Promise<Result>

/** `transactionId` is null where the outcome is known. */
interface Ended<Result> {
  result: Result
  transactionId: string | null
}

const DEFAULTS = { connectTimeoutMs: 10_000, statementTimeoutMs: 30_000, reconnectTimeoutMs: 10_000 }

/** A statement that kills the server's process would otherwise kill it again and again. */
const MAX_LOST = 3
/** Deadlocks and the like; each of them means that another transaction went ahead. */
const MAX_COLLISIONS = 20

/** A few connections to one schema. Every call is one transaction; calls that overlap run at the same time. */
export class Database {
  readonly name: string
  readonly schema: string
  readonly #pool: Pool
  readonly #options: Required<DatabaseOptions>
  readonly #running = new Set<Promise<unknown>>()
  #reached = false
  #closing: Promise<void> | null = null

  constructor(address: PostgresAddress, options: DatabaseOptions) {
    this.name = address.name
    this.schema = address.schema
    this.#options = { ...DEFAULTS, ...options }
    this.#pool = createPool(address.connectionString, this.#options)
  }

  /** Runs `work` on one state of the data, whatever is written meanwhile. */
  async read<Result>(work: Work<Result>): Promise<Result> {
    return this.#track(this.#transact('read', work))
  }

  /**
   * Runs `work` in a transaction that is on disk when the promise resolves, and of which nothing stays where it rejects.
   * Where the connection is lost before the end, `work` runs again: it must not keep anything from the first time. Where
   * it is lost at the end, the server is asked whether it had got there.
   */
  async write<Result>(kind: 'write' | 'library', work: Work<Result>): Promise<Result> {
    return this.#track(this.#transact(kind, work))
  }

  /** Ends the connections when the calls that are running have ended. */
  async close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#running).then(async () => this.#pool.end())
    await this.#closing
  }

  async #track<Result>(call: Promise<Result>): Promise<Result> {
    this.#running.add(call)
    try {
      return await call
    } finally {
      this.#running.delete(call)
    }
  }

  async #transact<Result>(kind: TransactionKind, work: Work<Result>): Promise<Result> {
    if (this.#closing !== null) {
      throw new HandaxeError('store_unavailable', `${this.name} is closed`, { hint: 'Open it again.' })
    }
    const deadline = performance.now() + this.#options.reconnectTimeoutMs
    const failures = { lost: 0, collisions: 0 }
    for (let attempt = 0; ; attempt += 1) {
      try {
        const { result, transactionId } = await this.#attempt(kind, work)
        if (transactionId !== null) await this.#assertCommitted(transactionId, deadline)
        this.#reached = true
        return result
      } catch (error) {
        if (!this.#isWorthAnother(error, failures, deadline)) throw toStoreError(error, this.name)
      }
      await pause(attempt)
    }
  }

  #isWorthAnother(error: unknown, failures: { lost: number; collisions: number }, deadline: number): boolean {
    if (isCollision(error)) return (failures.collisions += 1) <= MAX_COLLISIONS
    if (performance.now() >= deadline || this.#closing !== null) return false
    // A server that was never reached is named wrongly rather than away.
    if (isUnreachable(error)) return this.#reached || isStartingUp(error)
    return isSessionOver(error) && (failures.lost += 1) <= MAX_LOST
  }

  async #attempt<Result>(kind: TransactionKind, work: Work<Result>): Promise<Ended<Result>> {
    const client = await connect(this.#pool)
    let isUsable = false
    try {
      const transaction = new Transaction(client, this.#options)
      const settings = { schema: this.schema, ...this.#options }
      const [begun] = await transaction.script<{ id: string | null }>(beginStatements(kind, settings))
      const result = await workOrRollBack(transaction, work)
      isUsable = await commit(transaction)
      // What was only read is read, whatever became of the connection.
      return { result, transactionId: isUsable ? null : (begun?.id ?? null) }
    } catch (error) {
      isUsable = !isSessionOver(error)
      throw error
    } finally {
      client.release(!isUsable)
    }
  }

  /**
   * Asks on a new connection what became of a transaction; rejects with `ConnectionLost` where it was undone, and with
   * `store_unavailable` where no answer can be had. (After a fail-over to a server that lacks the last transactions the
   * answer may be wrong, as may be all that was said before.)
   */
  async #assertCommitted(transactionId: string, deadline: number): Promise<void> {
    for (let attempt = 0; performance.now() < deadline; attempt += 1) {
      try {
        const { result } = await this.#attempt('read', async (transaction) =>
          transaction.get<{ status: string | null }>('SELECT pg_xact_status($1::text::xid8) AS status', transactionId),
        )
        if (result?.status === 'committed') return
        if (result?.status === 'aborted') throw new ConnectionLost('undone', { connecting: false })
      } catch (error) {
        if (error instanceof ConnectionLost && error.cause === 'undone') throw error
        if (!isSessionOver(error) && !isUnreachable(error)) throw error
      }
      await pause(attempt)
    }
    throw new HandaxeError('store_unavailable', `The connection to ${this.name} was lost while something was saved`, {
      hint: 'It may be there or not: look before you do it again.',
      details: { path: this.name, transactionId },
    })
  }
}

async function workOrRollBack<Result>(transaction: Transaction, work: Work<Result>): Promise<Result> {
  try {
    return await work(transaction)
  } catch (error) {
    if (!isSessionOver(error)) await transaction.script('ROLLBACK')
    throw error
  }
}

/** False where the connection was lost, so that nobody knows. */
async function commit(transaction: Transaction): Promise<boolean> {
  try {
    await transaction.script('COMMIT')
    return true
  } catch (error) {
    if (isSessionOver(error)) return false
    throw error
  }
}

/** From 20 ms up to half a second, uneven: processes that collided once would collide again in step. */
async function pause(attempt: number): Promise<void> {
  await sleep(Math.min(500, 20 * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2))
}
