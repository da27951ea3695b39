import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import { HandaxeError } from '../../contracts/errors.ts'
import type { PostgresAddress } from './address.ts'
import type { TransactionKind, TransactionSettings } from './begin-statements.ts'
import { createPool } from './pool.ts'
import {
  ConnectionLost,
  isCollision,
  isSessionOver,
  isStartingUp,
  isUnreachable,
  toStoreError,
} from './postgres-errors.ts'
import { CommitInDoubt, runTransaction, wasCommitted, type Work } from './run-transaction.ts'

export interface DatabaseOptions {
  /** How long to wait for a lock that another process holds; then `store_locked`. */
  lockTimeoutMs: number
  connectTimeoutMs?: number
  /** What the server may take for one statement; 0 for any time. */
  statementTimeoutMs?: number
  /** How long a call goes on trying where the server is away, as it is for a restart. */
  reconnectTimeoutMs?: number
}

const DEFAULTS = { connectTimeoutMs: 10_000, statementTimeoutMs: 30_000, reconnectTimeoutMs: 10_000 }

/** A statement that kills the server's process would otherwise kill it again and again. */
const MAX_LOST = 3
/** Deadlocks and the like; each of them means that another transaction went ahead. */
const MAX_COLLISIONS = 20

/** What one call has been through. */
interface Trials {
  /** When to stop trying, as `performance.now()`. */
  deadline: number
  lost: number
  collisions: number
}

/** A few connections to one schema. Every call is one transaction; calls that overlap run at the same time. */
export class Database {
  readonly name: string
  readonly schema: string
  readonly #pool: Pool
  readonly #settings: TransactionSettings
  readonly #reconnectTimeoutMs: number
  readonly #running = new Set<Promise<unknown>>()
  #reached = false
  #closing: Promise<void> | null = null

  constructor({ connectionString, schema, name }: PostgresAddress, options: DatabaseOptions) {
    const { lockTimeoutMs, statementTimeoutMs, connectTimeoutMs, reconnectTimeoutMs } = { ...DEFAULTS, ...options }
    this.name = name
    this.schema = schema
    this.#settings = { schema, lockTimeoutMs, statementTimeoutMs }
    this.#reconnectTimeoutMs = reconnectTimeoutMs
    this.#pool = createPool(connectionString, { connectTimeoutMs })
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
  async write<Result>(kind: Exclude<TransactionKind, 'read'>, work: Work<Result>): Promise<Result> {
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
    const trials: Trials = { deadline: performance.now() + this.#reconnectTimeoutMs, lost: 0, collisions: 0 }
    for (let attempt = 0; ; attempt += 1) {
      try {
        const result = await this.#runOnce(kind, work, trials)
        this.#reached = true
        return result
      } catch (error) {
        if (!this.#isWorthAnother(error, trials)) throw toStoreError(error, this.name)
      }
      await pause(attempt)
    }
  }

  async #runOnce<Result>(kind: TransactionKind, work: Work<Result>, { deadline }: Trials): Promise<Result> {
    try {
      return await runTransaction(this.#pool, kind, this.#settings, work)
    } catch (error) {
      if (!(error instanceof CommitInDoubt)) throw error
      if (await this.#askForToken(error.token, deadline)) return error.result as Result
      throw new ConnectionLost(error, { connecting: false })
    }
  }

  /** Rejects with `store_unavailable` where nobody answers. */
  async #askForToken(token: string, deadline: number): Promise<boolean> {
    let cause: unknown
    for (let attempt = 0; attempt === 0 || performance.now() < deadline; attempt += 1) {
      try {
        return await wasCommitted(this.#pool, this.#settings, token)
      } catch (error) {
        cause = error
        if (!isSessionOver(error) && !isUnreachable(error)) break
      }
      await pause(attempt)
    }
    throw new HandaxeError('store_unavailable', `The connection to ${this.name} was lost while something was saved`, {
      hint: 'It may be there or not: look before you do it again.',
      details: { path: this.name },
      cause,
    })
  }

  #isWorthAnother(error: unknown, trials: Trials): boolean {
    if (isCollision(error)) return (trials.collisions += 1) <= MAX_COLLISIONS
    if (performance.now() >= trials.deadline || this.#closing !== null) return false
    // A server that was never reached is named wrongly rather than away.
    if (isUnreachable(error)) return this.#reached || isStartingUp(error)
    return isSessionOver(error) && (trials.lost += 1) <= MAX_LOST
  }
}

/** From 20 ms up to half a second, uneven: processes that collided once would collide again in step. */
async function pause(attempt: number): Promise<void> {
  await sleep(Math.min(500, 20 * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2))
}
