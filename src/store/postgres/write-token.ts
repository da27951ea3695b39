import { randomUUID } from 'node:crypto'
import { escapeLiteral, type PoolClient } from 'pg'
import type { Transaction } from './transaction.ts'

/** The token of the last transaction that each connection ended well. */
const lastTokens = new WeakMap<PoolClient, string>()

/** What a process that died has left is of no use to anybody after so long. */
const KEPT = "interval '1 hour'"

/**
 * Every transaction that writes leaves a token, the only trace by which one can tell whether it came to its end where the
 * connection was lost just then. (Its number would not do: after a crash the server gives numbers again that nobody saw
 * committed.)
 */
export function createToken(): string {
  return randomUUID()
}

/** SQL that leaves the token, in place of the one before on this connection. */
export function tokenStatements(token: string, client: PoolClient): string {
  const last = lastTokens.get(client)
  const forget =
    last === undefined
      ? // The first on this connection clears up; rows that another one is clearing up are left to it.
        `DELETE FROM write_token WHERE token IN
           (SELECT token FROM write_token WHERE at < now() - ${KEPT} FOR UPDATE SKIP LOCKED)`
      : `DELETE FROM write_token WHERE token = ${escapeLiteral(last)}`
  return `${forget}; INSERT INTO write_token (token) VALUES (${escapeLiteral(token)})`
}

/** To be called when the transaction has ended well. */
export function rememberToken(token: string, client: PoolClient): void {
  lastTokens.set(client, token)
}

/**
 * True where the transaction that left the token ended well. Waits for it to end where it is still running, up to the
 * limit for locks. Writes: the transaction that this is called in has to be undone.
 */
export async function isTokenThere(transaction: Transaction, token: string): Promise<boolean> {
  const inserted = await transaction.run(
    'INSERT INTO write_token (token) VALUES ($1::uuid) ON CONFLICT (token) DO NOTHING',
    token,
  )
  return inserted === 0
}
