import type { Pool, PoolClient } from 'pg'
import { beginStatements, type TransactionKind, type TransactionSettings } from './begin-statements.ts'
import { connect } from './pool.ts'
import { isSessionOver } from './postgres-errors.ts'
import { Transaction } from './transaction.ts'
import { createToken, isTokenThere, rememberToken, tokenStatements } from './write-token.ts'

export type Work<Result> = (transaction: Transaction) => Promise<Result>

/** The connection was lost at the very end: by the token one can find out what became of the transaction. */
export class CommitInDoubt extends Error {
  readonly token: string
  readonly result: unknown

  constructor(token: string, result: unknown, cause: unknown) {
    super('The connection was lost while a transaction ended', { cause })
    this.name = 'CommitInDoubt'
    this.token = token
    this.result = result
  }
}

/** Once, on one connection. Rejects with `CommitInDoubt`, with what `work` rejects with, and with what `toStoreError` takes. */
export async function runTransaction<Result>(
  pool: Pool,
  kind: TransactionKind,
  settings: TransactionSettings,
  work: Work<Result>,
): Promise<Result> {
  const token = kind === 'write' || kind === 'library' ? createToken() : null
  return onConnection(pool, async (client, discard) => {
    const transaction = new Transaction(client, settings)
    const begin = beginStatements(kind, settings)
    const result = await orRollBack(transaction, async () => {
      await transaction.script(token === null ? begin : `${begin}; ${tokenStatements(token, client)}`)
      return work(transaction)
    })
    try {
      await transaction.script('COMMIT')
    } catch (error) {
      if (!isSessionOver(error)) throw error
      discard()
      // What was only read is read, whatever became of the connection.
      if (kind === 'read') return result
      throw token === null ? error : new CommitInDoubt(token, result, error)
    }
    if (token !== null) rememberToken(token, client)
    return result
  })
}

/** On a new connection: did the transaction that left the token end well? */
export async function wasCommitted(pool: Pool, settings: TransactionSettings, token: string): Promise<boolean> {
  return onConnection(pool, async (client) => {
    const transaction = new Transaction(client, settings)
    const isThere = await orRollBack(transaction, async () => {
      await transaction.script(beginStatements('write', settings))
      return isTokenThere(transaction, token)
    })
    await transaction.script('ROLLBACK')
    return isThere
  })
}

/** A connection whose session is over, or that `work` discards, is not used again. */
async function onConnection<Result>(
  pool: Pool,
  work: (client: PoolClient, discard: () => void) => Promise<Result>,
): Promise<Result> {
  const client = await connect(pool)
  let isDiscarded = false
  const discard = (): void => {
    isDiscarded = true
  }
  try {
    return await work(client, discard)
  } catch (error) {
    if (isSessionOver(error)) discard()
    throw error
  } finally {
    client.release(isDiscarded)
  }
}

async function orRollBack<Result>(transaction: Transaction, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!isSessionOver(error)) await transaction.script('ROLLBACK')
    throw error
  }
}
