import { escapeIdentifier, escapeLiteral } from 'pg'

/**
 * `library` takes turns with all who change the library of the schema, and so does `schema`, which makes or changes the
 * tables themselves. Only `write` and `library` leave a token.
 */
export type TransactionKind = 'read' | 'write' | 'library' | 'schema'

export interface TransactionSettings {
  schema: string
  lockTimeoutMs: number
  statementTimeoutMs: number
}

/**
 * SQL that begins a transaction. All settings hold for this transaction only: behind a pooler the next one may be on
 * another connection.
 *
 * Those who change the library take turns, as they do in SQLite: they all change the counts of the same common stems, so
 * that finer locks would let them wait for each other just as long, and deadlock besides.
 */
export function beginStatements(kind: TransactionKind, settings: TransactionSettings): string {
  const { schema, lockTimeoutMs, statementTimeoutMs } = settings
  const local = [
    `SET LOCAL search_path TO ${escapeIdentifier(schema)}`,
    `SET LOCAL lock_timeout TO ${Math.max(1, Math.trunc(lockTimeoutMs))}`,
    `SET LOCAL statement_timeout TO ${statementTimeoutMs}`,
    `SET LOCAL idle_in_transaction_session_timeout TO ${statementTimeoutMs}`,
    // Compiling a search would take longer than the search.
    'SET LOCAL jit TO off',
  ]
  if (kind === 'read') return ['BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', ...local].join('; ')
  return [
    // READ COMMITTED: what is read after a wait for the lock is what the one before has left.
    'BEGIN ISOLATION LEVEL READ COMMITTED',
    ...local,
    // A server may be set to answer before a commit is on disk; other settings than off are stricter still.
    "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'",
    ...(kind === 'write' ? [] : [lockStatement(schema)]),
  ].join('; ')
}

/** Waits for the lock on this schema's library; it is let go at the end of the transaction. */
function lockStatement(schema: string): string {
  return `SELECT pg_advisory_xact_lock(hashtextextended(${escapeLiteral(`handaxe ${schema}`)}, 0))`
}
